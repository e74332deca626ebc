"""Plots: pyqtgraph items in the dashboard's one visual language.

`plot` is the widget that every plot is: zoom, pan, reset, the value under the cursor, its numbers
as CSV and its picture as PNG or SVG. `axis` writes units at its numbers. `steady_range` keeps an
axis calm while its values change. `colour_scale`, `line_with_band`, `threshold_line` and
`tag` are parts that several plots share. `confusion` is the matrix of classes.
"""

# pyqtgraph takes the Qt binding that is imported first.
import PySide6.QtWidgets  # noqa: F401
