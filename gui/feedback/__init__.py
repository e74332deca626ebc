"""Neurofeedback in the dashboard: the subject's view, the operator's view, and the guided session.

- feature_reader: the stream of the feature, in a thread
- tally: success of the run that is under way
- scene: the subject's view, on the presenter
- pictures: bar, ball and picture of a level
- trace: the feature with its threshold, for the operator
- operator_view: the trace with the figures of the run
- choice, fields: a session as it is filled in
- steps: the runs of a session, one after the other
- run_table, learning_curve: the runs that are over
- window: the guided session
- controller: its process, its recording and its streams
"""
