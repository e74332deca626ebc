"""Formats that MNE opens, and the facts in them that MNE leaves out.

- channels: channels and units
- brainvision, eeglab, gdf_header, neuroscan: one format each
- fif_check: a FIF file checked before MNE follows it
- fif_events: the file of events beside it
"""
