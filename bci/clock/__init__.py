"""Time of samples: smooth time stamps, and a sample index whose jumps show lost samples.

- dejitter: smooth time stamps of a regular stream, chunk by chunk
- time_line: the estimator behind them
- timekeeping: sentences about problems of a clock or a rate
- package_counter: losses from the packet counter of a board
"""
