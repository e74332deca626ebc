"""The engine's output, live: predictions, decisions, their past and their delay.

- engine_views: passes predictions, cues and status on to the views
- decision_rule: the engine's threshold and evidence, and decisions in words
- decision_view: the interface of a task's view, and the frame of our own
- headline: the decision in large letters
- task_views: the table of tasks and their views, with those of plug-ins
- class_bars, word_list, image_matches, emotion_plane, spelling_view: one view each
- attention_view: channels that a network attends to
- history: probabilities, or smoothed emotion levels, of the last half minute
- transcript: decided words and images in their order
- timing/: delay of predictions, losses and drift; windows that gave no prediction
"""
