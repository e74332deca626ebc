"""Positions on the head, and values between electrodes.

- `electrodes`: names and positions of the 10-05 system
- `chains`: the pairs of the longitudinal bipolar montage
- `splines`: the spherical-spline interpolation and Laplacian
- `remap`: conversion of a recording or a stream to the channels of another montage
- `top_view`: the head seen from above, and pictures of values on it
"""
