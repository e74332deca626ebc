"""Guided calibration: cues, recording, training and the result, in a window of its own."""
