"""The replay window: a recording with its markers, trials and predictions.

- window: opens a recording, plays it and runs a model over it
- layout: the parts of the window and their places
- opened_recording: reads a file, and finds the models that fit it
- model_choice, model_run: the choice of a model, and its process
- predictions, trials: predictions of the model, and cued trials
- playhead, transport_bar: position and speed of the replay
- timeline_data, timeline: an overview of the whole recording
- traces: the signal up to the playhead
- decision_at_cursor: the decision at the playhead, in the view of the task
- summary, trial_list: the score of the model, and the list of trials
"""
