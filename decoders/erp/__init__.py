"""Decoders of event-related potentials: one window per flash, and two classes of unequal size.

Both decoders treat the classes as equally likely. So the log odds of a window are its log
likelihood ratio, which a speller adds up.

- erp_lda: means over short time bins, linear discriminant with shrinkage
- xdawn_tangent: xDAWN filters, covariances with the class means, tangent space
"""
