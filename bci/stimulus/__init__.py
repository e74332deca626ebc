"""Stimuli locked to the frames of a screen: pure logic that is given every time.

- frames: the number and the due time of each frame
- frame_log: counts of frames, dropped and late ones, and the jitter
- frame_labels: labels of markers about frames, which are no cues
- frame_words: sentences about the frames of a run
- flicker: luminance of targets that flicker at a frequency or by a code each
- flicker_codes: the codes
- flicker_onsets: the flicker of one selection, and the markers of its onset
- flicker_warnings: risks of a flicker, in sentences
- flashes: when the patch of the timing lab flashes
- onsets: onsets of light or sound in a sensor's samples
- offsets: their delays behind the markers: offset, spread, drift
- sensor: a sensor's channel, live or in a recording
- timing_report: the result in figures and sentences
- offset_label: the offset in a recording
- profile_lines: the measured offset in a profile
"""
