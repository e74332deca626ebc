"""The window of the guided calibration: cues, recording, training and result.

- controller: connects the window to the dashboard's stream and engine
- window: the window and its steps; step_pages: one page per step, from `pages`
- keyed_buttons: buttons of the pages that have a shortcut
- run: a run of cues, from the choice to the recording
- training_control: the recordings and decoders to train with, and the training
- model_result: a trained model with its score, and the earlier models
"""
