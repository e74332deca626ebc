"""Training on flashes, whose windows overlap and which belong to selections of a symbol.

- selections: folds of whole selections, and training windows without overlap with test windows
- spell_held_out: score of the symbols spelled by held-out flashes
"""
