"""Guided calibration: cues, recording, training and the result, in a window of its own.

- controller: joins the window to the dashboard's stream and engine
- window: its steps, and trained models for the last; step_pages: their pages, in `pages`
- layout, keyed_buttons: rows, columns and buttons of the pages
- run: a run of cues, from the choice to the recording
- training_control, training_process: what can be trained, and the training
"""
