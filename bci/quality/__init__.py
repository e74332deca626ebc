"""Is the signal usable, and if not, why?

- channel_quality: each channel once a second
- judged_signal: the channels of an open stream
- silence: streams that send nothing
- monitor: one live stream watched
"""
