"""Remove artifacts from the live signal by causal stages, and train these stages.

- learnt: arrays of trained filters, from and to a model
- kernels: loops compiled by Numba
- regress: regression of EOG and EMG out of the other channels
- clean_windows: detection of stretches without artifacts
- asr_calibration: statistics of clean signal for artifact subspace reconstruction
- asr: artifact subspace reconstruction
- cancel_line: subtraction of power-line noise of varying frequency
- cleaning_settings: settings of these filters in a profile

Bad channels are interpolated by `bci.quality.interpolate_bad`, since signal quality detects them.
"""
