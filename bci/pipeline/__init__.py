"""Filter chunks and cut windows for live use, replay and calibration.

- pipeline: filters, windows and decoder of one stream; rejects unusable windows
- filter_settings: settings of the built-in filters in a profile
- filter_chain: chain of filters for one stream
- filters, bipolar, resampling: stages of the chain
- cleaning/: stages that remove artifacts, and their training
- kernels: loops compiled by Numba
- ring: ring buffer of the newest samples
- window_schedule: ends of windows, at every hop or at cues
- kept_windows: windows of a whole recording, for calibration
- gap_bridge: replacement of missing values before a filter
- display/: filters of the displayed signal
"""
