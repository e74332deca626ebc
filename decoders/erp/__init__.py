"""Decoders of event-related potentials: one window a flash, two classes that are unequally many.

Both take the classes for equally likely, however many windows each has. So the log odds of a
window are its log likelihood ratio, which a speller adds up.

- erp_lda: means of short pieces, discriminant with shrinkage
- xdawn_tangent: xDAWN filters, covariances with the class means, tangent space
"""
