"""The Qt dashboard: one more LSL client; it decides nothing."""
