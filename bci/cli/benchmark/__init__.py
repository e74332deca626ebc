"""Studies that compare decoders: a common runner, and one file per study.

- commands: commands of the studies
- study: training of missing results as jobs, progress, time left
- runner: rows of results, their file and tables
- motor_imagery, emotion, speech, images, p300, ssvep, federation: the studies
"""
