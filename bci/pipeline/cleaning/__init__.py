"""Artifacts taken out of the live signal: causal stages, and how each is trained.

- learnt: arrays of trained filters, from and to a model
- kernels: the loops that Numba compiles
- regress: EOG and EMG regressed out of the other channels
- clean_windows: stretches of a recording without artifacts
- asr_calibration: the statistics that artifact subspace reconstruction compares with
- asr: artifact subspace reconstruction
- cancel_line: power-line noise, followed and subtracted
- cleaning_settings: the filters as a profile names them

Bad channels are interpolated by `bci.quality.interpolate_bad`, since quality judges them.
"""
