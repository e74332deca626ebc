"""Pages of the guided calibration, in their order.

- setup, cue_fields, timing_fields: subject, cues, timing
- signals: quality before a run
- run_list, replay_notice: runs
- training: the training
- result, models_table: the result
"""
