"""Threads that work for a window.

- worker: one thread, and what it reports on Qt's thread
- background: work that waits for a disk
- stream_worker: one stream, found and followed
- stream_readers: a reader for each kind of stream
- stream_feed: all streams of a window
"""
