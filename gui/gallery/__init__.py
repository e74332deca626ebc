"""Each view of the dashboard alone, with simulated data: ``python -m gui.gallery``."""
