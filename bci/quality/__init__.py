"""Signal quality: is a channel usable, and if not, why?

- channel_quality: state and figures of a channel in one second
- meter: those figures, from the samples
- limits: the thresholds
- judge: the verdict, which does not flicker
- silence: streams that send nothing
- words: what is wrong, and what helps
- monitor: a live stream watched
- spectra: spectra, peaks and bands of a live stream
"""
