"""A plot's numbers as CSV, and its picture as PNG or SVG."""

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
    """The numbers that a plot shows: names with units, and a row for each point."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def as_csv(table: Table) -> str:
    """Write a table with the names of its columns in the first line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue()


def save_png(plot: pg.PlotWidget, file: Path) -> bool:
    """Save a plot at twice its size; False where the file cannot be written."""
    # It brings the parameter tree with it, which nothing else needs.
    from pyqtgraph.exporters import ImageExporter

    exporter = ImageExporter(plot.plotItem)
    exporter.parameters()["width"] = 2 * plot.width()
    return bool(exporter.export(toBytes=True).save(str(file), "PNG"))


def save_svg(plot: pg.PlotWidget, file: Path) -> bool:
    """Save a plot as a drawing; False where the file cannot be written."""
    # By Qt: pyqtgraph 0.14's own export fails on the paths that Qt 6.11 writes.
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
