"""Live views of the engine: predictions, decisions, their history and their delay.

- engine_views: passes predictions, cues and status on to the views
- decision_rule: the engine's threshold and evidence, and decisions in words
- decision_view: the interface of a task's view, and the base class of the built-in views
- headline: the decision in large letters
- task_views: the table of tasks and their views, including those of plug-ins
- class_bars, word_list, image_matches, emotion_plane, spelling_view: one view each
- attention_view: channels that a network attends to
- history: probabilities, or smoothed emotion levels, of the last half minute
- transcript: decided words and images in order of time
- timing/: delay of predictions, lost samples and clock drift; windows without a prediction
"""
