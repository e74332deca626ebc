"""Paradigms of calibration runs, and the meaning of their classes.

- cue_items: arrows, words, moods, pictures and texts as cues
- paradigms, spelling_paradigms: kinds of calibration runs, their timing and profiles
- schedule: order of the cues of a run, and its phases
- rating: rating of valence and arousal after a clip
- emotion_levels: classes that are levels of valence and arousal
- smoothed_levels: running mean of predicted levels
- image_gallery: images with their embeddings
- word_prior: prior probabilities of the next word
"""
