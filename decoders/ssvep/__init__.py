"""Decoders of flickering targets: steady-state and code-modulated visual evoked potentials.

- filter_bank: sub-bands of one window
- references: sines and cosines of each target
- canonical: largest canonical correlations, many at once
- cca: CCA and filter-bank CCA, which need no training
- trca: task-related component analysis, of trials of each target
- reconvolution: responses to single flashes of a code, for c-VEP
"""
