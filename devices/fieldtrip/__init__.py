"""MEG and EEG systems through the FieldTrip real-time buffer.

- wire: the bounded connection
- header: channels and samples
- device: the stream
"""
