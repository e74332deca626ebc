"""Is the signal usable, and if not, why?

- channel_quality: each channel once a second
- silence: streams that send nothing
- monitor: one live stream watched
"""
