"""Recordings as a BIDS dataset.

- names: folders and file names
- export: write a recording into a dataset
- runs: recorded runs of a subject
- sidecars: the tables and JSON files beside a signal file
"""
