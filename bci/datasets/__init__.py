"""Readers of public data sets; they give recordings that every command accepts.

- matlab: MATLAB files, with a limit of size
- film_runs: separate films joined to one recording
- deap, dreamer, seed: emotion
- things_meg: images
"""
