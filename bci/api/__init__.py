"""Thin public functions over the library; ``import bci`` offers them by name.

- sources, mne_objects: recordings from files, arrays and MNE objects
- streams, signals: samples, filtered samples and windows
- training: models
- decoding: predictions and scores
- recorder: streams written to a file
- engine: a running engine followed
"""
