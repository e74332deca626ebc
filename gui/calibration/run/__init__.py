"""A run of the guided calibration; what it shows and when is in `bci.tasks`.

- run_choice: the choice
- run_control: start and end
- cue_run: schedule, markers and recorder during the run
- cue_screen: what a step shows; cue_pictures: pictures of coming cues, read before
"""
