"""Feedback of a feature of the brain's signal to the subject whose brain it is.

Everything but `streams` and `live` is a plain function of windows: a recording gives the same
numbers as the live run.

- sites: signals of channels, or of places on the head
- features: a number of each window
- artifacts: windows that count for nothing
- baseline: the subject at rest, and the file that keeps it
- threshold: fixed, adaptive or by a staircase
- reward: when one is due
- session: runs of windows, with all of the above
- sham: what another subject was shown
- report: success and learning over runs and sessions
- offline: a recording instead of a stream
- recorded: what a recorded session showed
- streams: the feature, the rewards and the runs on LSL
- live: the process
"""
