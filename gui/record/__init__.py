"""Recording by one button.

- bar: the button, its fields and the state of the recording
- controller: joins the bar to the recorders
- run_recorder, run_file: one run of a calibration
"""
