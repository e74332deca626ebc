"""What the engine decides, and the views of it.

- engine_views: the views of a running engine
- task_views: the view of a task
- decision_rule, rejections, cue_matching: what the views need
- class_bars, ball, emotion_plane, image_matches, word_list: one view each
- headline: the decision in large letters
- history, level_history, transcript: the last half minute
- latency: delay and losses
- status_line, engine_notice: the state in words
"""
