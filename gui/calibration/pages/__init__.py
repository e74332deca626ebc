"""Pages of the guided calibration, in their order.

- setup, cue_fields, timing_fields: subject, cues, timing
- signals: quality before a run
- training, run_list: recordings, decoder and the training
- result, models_table: the result
"""
