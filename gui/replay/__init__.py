"""The replay window: a recording with its markers, trials and predictions, at any speed.

- window: opens a recording, plays it and runs a model over it
- layout: the parts of the window and their places
- opened_recording: reads a file, and finds the models that fit
- model_choice, model_run: which model runs, and its process
- predictions, trials: what the model predicted, and the cued attempts
- playhead, transport_bar: where one is, and how fast it moves
- timeline_data, timeline: the whole recording at a glance
- traces: the signal up to the play head
- decision_at_cursor: the view of the task at the play head
- summary, class_scores, trial_list: the score, and each trial
"""
