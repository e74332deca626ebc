"""Meaning of labels beyond a name, and the paradigms that give them.

- cue_items: arrows, words, moods, pictures and texts as cues
- paradigms: kinds of calibration runs, their timing and profiles
- schedule: order of the cues of a run, and its states in time
- rating: levels of valence and arousal after a clip
- emotion_levels: levels on axes
- smoothed_levels: their mean over some seconds
- image_gallery: images with their embeddings
- word_prior: the next word
"""
