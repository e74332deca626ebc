"""Signal quality: state of each channel, and the reason if it is not good.

- channel_quality: state and figures of a channel in one second
- meter: computation of the figures from samples
- limits: thresholds of the figures
- judge: state of a channel from the figures, with hysteresis
- interpolate_bad: the filter that computes bad channels from the others
- judged_signal: an open stream, the meter of its channels and their impedances
- silence: streams that send nothing
- words: sentences about states, and advice
- spectra: spectra, peaks and bands of a live stream
- quality_stream: LSL stream of the states
- monitor: monitoring of a live stream
"""
