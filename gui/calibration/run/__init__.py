"""A run of the guided calibration; its schedule and cues come from `bci.tasks`.

- run_choice: subject, profile and plan of a run
- run_control: start and end of a run
- cue_run: schedule, markers and recorder during a run
- cue_screen: the painting of each step; cue_pictures: reads the next cue's picture in advance
"""
