"""Recordings as a BIDS data set.

- names: folders and file names
- export: the data set
- sidecars: the tables beside a signal file
"""
