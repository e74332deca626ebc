"""Recording by one button.

- bar: the button, its fields and the state of the recording
- controller: joins the bar to the recorders
- run_recorder: one run of a calibration
- closing: the question before a window closes that records
"""
