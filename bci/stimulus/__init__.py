"""Stimuli locked to the frames of a screen; callers pass all times.

- frames: the number and the due time of each frame
- frame_log: counts of shown, dropped and late frames, and their jitter
- frame_labels: labels of markers about frames, which are no cues
- frame_words: sentences about the frames of a run
- flicker: luminance of targets, each with its own frequency or code
- flicker_codes: pseudo-random codes of flickering targets
- flicker_onsets: the flicker of one selection, and the markers of its onset
- flicker_warnings: sentences about the risks of a flicker
- flashes: times of the flashes of the timing lab's patch
- onsets: onsets of light or sound in a sensor's samples
- offsets: delays from markers to onsets: offset, spread, drift
- sensor: a sensor's channel, live or in a recording
- timing_report: result of a timing measurement, in figures and sentences
- offset_label: marker that stores the offset in a recording
- profile_lines: lines that store the measured offset in a profile
"""
