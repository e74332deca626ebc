"""Training on flashes, whose windows overlap and belong to selections.

- selections: folds of whole selections, and training windows without overlap with test windows
- spell_held_out: score of the symbols spelled by held-out flashes
"""
