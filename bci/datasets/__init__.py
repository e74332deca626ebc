"""Public data sets, read into recordings that every command takes.

- matlab: MATLAB files within bounds
- film_runs: one recording of separate films
- deap, dreamer, seed: emotion
- things_meg: images
"""
