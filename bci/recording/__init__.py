"""Recordings: writing from LSL, reading of many formats, repair and export.

- recorder: record chosen LSL streams into a file
- formats: table of the supported file formats
- read: read a recording of any supported format
- read_nwb, packages ``xdf``, ``edf``, ``table``, ``by_mne``: readers of one format or family each
- annotations, triggers, breaks: markers and interruptions that files describe
- trigger_events: events of a trigger channel, for live streams and for files
- rounding: values that float32 cannot represent exactly
- summary: contents of a recording, stream by stream
- identity: hash by which a model recognises its training recordings
- write_fif, package ``bids``: export
"""
