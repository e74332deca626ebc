"""Amplifiers through BrainFlow.

- family: all boards as one plug-in
- boards: parameters and streams of each board
- device: a session with one
- impedance: electrode impedances from the lead-off signal
- errors: exit codes as sentences
"""
