"""Thin public functions over the library; ``import bci`` offers them by name.

- sources, mne_objects: read recordings from files and convert MNE objects
- streams, signals: read live samples, convert arrays, filter, and cut windows
- training: cut epochs and train models
- decoding: decode and evaluate
- recorder: write live streams to a file
- engine: receive the predictions and decisions of a running engine
"""
