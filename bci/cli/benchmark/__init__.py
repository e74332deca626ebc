"""Studies that compare decoders: one runner, one file a study.

- commands: their options
- study: missing rows as jobs, progress, time left
- runner: rows of results, their file and tables
- motor_imagery, emotion, speech, images, p300, ssvep, federation: the studies
"""
