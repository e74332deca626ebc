"""Neurofeedback: a feature of the subject's own brain signal is shown to the subject.

All modules but `streams` and `live` compute with windows alone, so a recording gives the same
numbers as the live run.

- sites: signals of channels, or of positions on the head
- features: one number per window
- artifacts: windows that are rejected
- baseline: the feature at rest, and its file
- threshold: fixed, adaptive or by a staircase
- reward: rule for rewards
- session: runs of windows, with all of the above
- sham: feedback that another subject was shown
- report: success and learning over runs and sessions
- offline: a session computed from a recording
- recorded: the feedback that a recorded session showed
- streams: LSL streams of the feature, the rewards and the runs
- live: the live process
"""
