"""Widgets that several rooms of the dashboard share; each works alone."""
