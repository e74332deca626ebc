"""Studies that compare decoders: one runner, one file a study.

- commands: their options
- trainings, results_file: progress and results
- motor_imagery, emotion, speech, images, federation: the studies
"""
