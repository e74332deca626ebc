"""Recordings: written live from LSL, read from files of many formats, mended and exported.

- recorder: chosen streams into a file, live
- formats: the formats that are known
- read: a recording from any of them
- read_nwb, rooms ``xdf``, ``edf``, ``table``, ``by_mne``: one format or family each
- annotations, triggers, breaks: markers and interruptions that files describe
- trigger_events: events of a trigger channel, live as in files
- rounding: values that float32 cannot hold
- summary: what a recording contains
- identity: the hash by which a model knows its recordings
- write_fif, room ``bids``: export
"""
