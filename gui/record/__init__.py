"""Recording by one button.

- bar: the button and its fields
- controller: joins it to the recorders
- run_recorder, run_file: one run of a calibration
- silent_streams: streams without samples
- saved_recording: the place of the file
"""
