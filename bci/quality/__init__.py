"""Signal quality: is a channel usable, and if not, why?

- channel_quality: state and figures of a channel in one second
- meter: those figures, from the samples
- limits: the thresholds
- judge: the verdict, which does not flicker
- interpolate_bad: the filter that computes bad channels from the others
- judged_signal: an open stream, the meter of its channels and their impedances
- silence: streams that send nothing
- words: what is wrong, and what helps
- spectra: spectra, peaks and bands of a live stream
- quality_stream: the verdicts put out
- monitor: a live stream watched
"""
