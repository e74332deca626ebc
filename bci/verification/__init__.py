"""Verification: a recorded session decoded again and compared with its live predictions.

- session: the streams that an engine published, read from a recording
- placement: the engine's sample indices for the recorded samples
- models: search for the models that decoded
- adaptation: published states of adapting decoders
- again: the second decoding, and the live prediction of each window
- comparison: differences between live and second predictions
- verify: the whole verification
"""
