"""Amplifiers through BrainFlow.

- boards: parameters and streams of each board
- device: a session with one, and all of them as one plug-in
- impedance: electrode impedances from the lead-off signal
- errors: exit codes as sentences
"""
