"""Plots: pyqtgraph widgets in the dashboard's style.

- axis: axes whose numbers have a unit, and the colour scale of an image
- steady_range: an axis range that rarely changes while its values do
- tags: texts at places in a plot
- export: numbers as CSV, pictures as PNG or SVG
- plot: the base class of all plots, with zoom, pan, reset, read, copy and save
- past_plot: base class of plots of the last half minute, which move to the left
- line_with_band, accuracy, confusion, repetitions: the score of a model
- probability_bars: one bar per class
- quality_marks: shape and colour of each state of signal quality
- head_map, pattern_view: values on the head
"""

# PySide6 is imported first, since pyqtgraph uses the Qt binding that is already imported.
import PySide6.QtWidgets  # noqa: F401
