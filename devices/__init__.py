"""Devices: each turns one kind of source into chunks, which `bci stream` puts on LSL.

- catalogue: all devices by name
- brainflow/: amplifiers of many makers
- fieldtrip/: MEG and EEG systems with a FieldTrip buffer
- simulated/: simulated signals and subjects
- file: a recorded file
"""
