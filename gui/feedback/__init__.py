"""Neurofeedback: the subject's view, the operator's view, and the guided session.

- feature_reader: reads the stream of the feature, in a thread
- tally: success and rewards of the current run
- scene: the subject's view, shown by the presenter
- pictures: the level of the feedback as a bar, a ball or a picture
- trace: the feature with its threshold, for the operator
- operator_view: the trace with the figures of the run
- choice, fields: the settings of a session, and the fields to fill them in
- steps: the runs of a session in their order
- run_table, learning_curve: the completed runs
- window: the window of the guided session
- controller: the process, the recording and the streams of a session
"""
