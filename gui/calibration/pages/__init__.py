"""Pages of the guided calibration, in their order.

- setup, cue_fields, timing_fields, screen_field, spelling_choice: settings of a run
- signals: signal quality before a run
- training, run_list: recordings, decoder and the progress of the training
- result, models_table: the score of a model, and a table of all models
"""
