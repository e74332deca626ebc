"""Plots: pyqtgraph items in the dashboard's one visual language.

- axis: axes whose numbers carry their unit, and the colours of an image with theirs
- steady_range: a range that stays while its values change
- tags: words at places in a plot
- export: numbers as CSV, pictures as PNG or SVG
- plot: the widget that every plot is; zoom, pan, reset, read, copy, save
- past_plot: the last half minute, moving to the left
- line_with_band, accuracy, confusion: the score of a model
- probability_bars: a bar for each class
- quality_marks: shape and colour of a quality
- head_map, pattern_view: values on the head
"""

# pyqtgraph takes the Qt binding that is imported first.
import PySide6.QtWidgets  # noqa: F401
