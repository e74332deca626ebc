"""EDF and BDF.

- format: header, samples, annotations
- read: read a recording from a file
"""
