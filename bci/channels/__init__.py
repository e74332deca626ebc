"""Names, kinds, units and positions of channels, decided in one place.

- description: kind, unit and position of a channel, from what its source states
- units: spellings of units, and the factors between those of one quantity
"""
