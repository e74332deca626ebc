"""Decoders without a network.

- alignment, covariance, robust_scaling: preprocessing of windows
- csp, tangent, log_power, high_gamma, differential_entropy, image_ridge: one decoder each
- linear_head, softmax: class probabilities from features
- reference: the tangent space at a mean covariance
- base_windows, pooling: training with windows of other people
- haufe: patterns of linear decoders
"""
