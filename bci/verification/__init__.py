"""Verification: a recorded session decoded again and compared with its live predictions.

- session: what an engine published into a recording
- placement: the engine's count for the recorded samples
- models: the models that decoded
- adaptation: published states of what adapted
- again: the second decoding, and the live prediction of each window
- comparison: differences
- verify: all of it
"""
