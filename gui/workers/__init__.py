"""Threads that work for a window.

- worker: a thread, asked to end
- background: work that waits for a disk
- stream_worker: one stream followed
- stream_readers: what is read of each kind of stream
- stream_feed: all streams of a window
- cue_follower: the cues
- stream_directory: streams on the network
"""
