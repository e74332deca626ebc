"""Recording by one button.

- bar: the button, its fields and the state of the recording
- controller: connects the bar to the recorders
- run_recorder: the recorder of one run of cues, spelling or neurofeedback
- closing: the question before the dashboard closes during a recording
"""
