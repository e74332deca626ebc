"""Time of samples: smooth stamps, an index for every sample, and the losses that the index shows.

- dejitter: smooth stamps of a regular stream, chunk by chunk
- time_line: the estimate behind them
- timekeeping: what is wrong with a clock or a rate, as a sentence
- package_counter: losses from the counter of a board
"""
