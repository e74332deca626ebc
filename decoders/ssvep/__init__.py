"""Decoders of flickering targets: steady-state and code-modulated visual evoked potentials.

- filter_bank: sub-bands of a window
- references: sines and cosines of each target
- canonical: largest canonical correlations with all targets at once
- cca: CCA and filter-bank CCA, which need no training
- trca: task-related component analysis of each target's trials
- reconvolution: responses to single flashes of a code, for c-VEP
- stimuli: checks of the stimuli in a profile
"""
