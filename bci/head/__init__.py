"""Places on the head, and values between electrodes.

- `electrodes`: names and positions of the 10-05 system
- `chains`: the pairs of the longitudinal bipolar montage
- `splines`: the spherical-spline interpolation and Laplacian, which all of these use
- `remap`: a recording or a stream with the channels of another montage
- `top_view`: the head seen from above, and the picture of values on it
"""
