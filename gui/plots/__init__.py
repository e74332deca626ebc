"""Plots: one visual language."""
