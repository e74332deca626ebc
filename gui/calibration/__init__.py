"""Guided calibration: cues, recording, training and the result, in a window of its own.

- controller: joins the window to the dashboard's stream and engine
- window: its steps; step_pages: their pages, which are in `pages`
- run: a run of cues, from the choice to the recording
- training_control, training_process: the training
- model_reader: trained models for the result page
- style: the look of the window
"""
