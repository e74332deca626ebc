"""Each view of the dashboard by itself, with simulated data.

Start it by ``python -m tests.gui.gallery``.
"""
