"""Training on flashes, which overlap and belong to selections of a symbol.

- selections: folds of whole selections, and training windows away from tested ones
- spell_held_out: the symbols that held-out flashes spell
"""
