"""Is the signal usable, and if not, why?

- channel_quality: each channel once a second
- monitor: one live stream watched
"""
