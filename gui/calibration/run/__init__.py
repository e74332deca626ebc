"""A run of the guided calibration.

- run_choice, agreement: the choice
- paradigms: cues and their timing
- schedule, cue_order: what comes when
- cue_screen, rating: what the person sees
- cue_run: a run as it happens
"""
