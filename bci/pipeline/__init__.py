"""From chunks to windows, causally: the one path of live use, replay and calibration.

- pipeline: the object that all of them drive; decides that a window is rejected
- filter_settings: filters as a profile names them
- filter_chain: the chain built for one stream
- filters, bipolar, resampling: its stages
- kernels: the loops that Numba compiles
- ring: the newest samples as views
- window_schedule: the ends of windows, at every hop or at cues
- display_filter, gap_bridge, display_signal: the signal for a person, filtered and paused
"""
