"""Threads that work for a window.

- worker: base class of a thread that reports to Qt's main thread
- background: single jobs that may wait for a disk
- stream_worker: base class of a thread that finds and reads one stream
- stream_readers: one reader for each kind of stream
- stream_feed: the readers of all streams of a window
"""
