"""Amplifiers through BrainFlow.

- boards: parameters and streams of each board
- device: a session with a board, and all boards as one plug-in
- impedance: electrode impedances from the lead-off signal
- errors: sentences for exit codes
"""
