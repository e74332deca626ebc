"""Meaning of labels beyond a name.

- emotion_levels: levels on axes
- image_gallery: images with their embeddings
- word_prior: the next word
"""
