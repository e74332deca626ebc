"""XDF, the format of LSL recordings.

- format: chunks
- writer: write a file that stays readable after a power cut
- header, clock, markers: parts of a stream
- read: read a recording from a file
- repair: copy the undamaged part of a damaged file
"""
