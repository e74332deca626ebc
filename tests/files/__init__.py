"""Files of other programs, written by tests: EDF, XDF."""
