"""EDF and BDF.

- format: header, samples, annotations
- read: a recording from them
"""
