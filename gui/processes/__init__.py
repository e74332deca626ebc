"""Child processes of the dashboard."""
