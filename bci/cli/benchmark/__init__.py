"""Studies that compare decoders: one runner, one file a study.

- commands: their options
- runner: progress, rows of results and their file
- motor_imagery, emotion, speech, images, federation: the studies
"""
