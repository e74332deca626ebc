"""Devices: each converts one kind of source to chunks, which `bci stream` sends on LSL.

- catalogue: all devices by name
- brainflow/: amplifiers of many makers
- fieldtrip/: MEG and EEG systems with a FieldTrip buffer
- simulated/: simulated signals and subjects
- file: a recorded file
"""
