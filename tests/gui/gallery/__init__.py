"""Each view of the dashboard alone, with simulated data: ``python -m tests.gui.gallery``."""
