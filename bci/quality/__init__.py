"""Is the signal usable, and if not, why?

- channel_quality: each channel once a second
- words: what is wrong, and what helps
- silence: streams that send nothing
- monitor: one live stream watched
- spectra: spectra, peaks and bands of a live stream
"""
