"""From chunks to windows, causally: the one path of live use, replay and calibration.

- pipeline: the object that all of them drive; decides that a window is rejected
- filter_settings: filters as a profile names them
- filter_chain: the chain built for one stream
- filters, bipolar, resampling: its stages
- cleaning/: artifacts taken out, and how those stages are trained
- kernels: the loops that Numba compiles
- ring: the newest samples as views
- window_schedule: the ends of windows, at every hop or at cues
- kept_windows: the windows of a whole recording, for calibration
- gap_bridge: what a filter is given where a channel sends no number
- display: the signal for a person
"""
