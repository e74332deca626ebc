"""Recordings in text tables: OpenBCI, Muse, Emotiv and plain tables.

- text: columns and numbers of a table
- read: read a recording from a table
"""
