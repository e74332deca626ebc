"""XDF, the format of LSL recordings.

- format: chunks
- writer: a file that survives a power cut
- header, clock, markers: parts of a stream
- read: a recording from a file
- repair: the sound part of a damaged file
"""
