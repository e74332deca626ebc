"""Guided calibration: cues, recording, training and the result, in a window of its own.

- controller: joins the window to the dashboard's stream and engine
- window: its steps, and trained models for the last; step_pages: their pages, in `pages`
- keyed_buttons: buttons of the pages
- run: a run of cues, from the choice to the recording
- training_control: what can be trained, and the training
- model_result: a trained model with its score, and the earlier ones
"""
