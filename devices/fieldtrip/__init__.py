"""MEG and EEG systems through the FieldTrip real-time buffer.

- wire: connection with limits of time and size
- header: channels and samples
- device: the stream
"""
