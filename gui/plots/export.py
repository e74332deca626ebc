"""Export of a plot: its numbers as CSV, its picture as PNG or SVG."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator


class Table(NamedTuple):
    """The numbers that a plot shows: column names with units, and one row per point."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def as_csv(table: Table) -> str:
    """Return a table as CSV text, with the column names in the first line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue()


def save_png(plot: pg.PlotWidget, file: Path) -> bool:
    """Save a plot at twice its size; return False if the file cannot be written."""
    # Imported here, since it imports pyqtgraph's parameter tree, which nothing else needs.
    from pyqtgraph.exporters import ImageExporter

    exporter = ImageExporter(plot.plotItem)
    exporter.parameters()["width"] = 2 * plot.width()
    return bool(exporter.export(toBytes=True).save(str(file), "PNG"))


def save_svg(plot: pg.PlotWidget, file: Path) -> bool:
    """Save a plot as SVG; return False if the file cannot be written."""
    # Done by Qt, since the SVG export of pyqtgraph 0.14 fails on the paths of Qt 6.11.
    drawing = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    drawing.setFileName(str(file))
    drawing.setResolution(plot.logicalDpiX())
    drawing.setSize(plot.size())
    drawing.setViewBox(plot.rect())
    drawing.setTitle(plot.accessibleName())
    painter = QPainter()
    if not painter.begin(drawing):
        return False
    painter.fillRect(plot.rect(), plot.backgroundBrush())
    plot.scene().render(painter, QRectF(plot.rect()), plot.sceneRect())
    return bool(painter.end())
