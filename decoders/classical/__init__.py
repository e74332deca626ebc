"""Decoders that need no network.

- alignment, covariance, robust_scaling: before
- csp, tangent, log_power, high_gamma, differential_entropy, image_ridge: one decoder each
- linear_head, softmax: after
- haufe: patterns
"""
