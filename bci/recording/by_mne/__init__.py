"""Formats that MNE opens, and the facts in such files that MNE leaves out.

- channels: channels and units
- brainvision, eeglab, gdf_header, neuroscan: one format each
- fif_check: check of a FIF file before MNE reads it
- fif_events: the file of events beside a FIF file
"""
