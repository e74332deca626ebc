"""Marker lines, scale bar and cursor over the scope's traces."""

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui.plots.axis import caption_font
from gui.scope.gains import GainKind
from gui.scope.trace_layout import TraceReading
from gui.theme import DARK, Theme
from gui.widgets.units import neighbouring, with_unit

STRIP = 18.0  # height of the strip above the traces, for the labels of markers
_MAX_LABEL = 150.0
_MAX_BAR = 14.0
_DOT = 8


class MarkerLines(pg.GraphicsObject):
    """One line per marker, with its label in the strip above the traces.

    A single item draws all markers, since they move in every frame. Its coordinates are the pixels
    of its parent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.shown: list[tuple[float, str]] = []
        self._bounds = QRectF()
        self.setZValue(5)

    def set_room(self, room: QRectF) -> None:
        """Set the rectangle of the traces and the strip above them."""
        self.prepareGeometryChange()
        self._bounds = room

    def show_at(self, markers: list[tuple[float, str]]) -> None:
        """Set the markers, each (x in pixels, label), for the next painting."""
        self.shown = sorted(markers)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._bounds

    def paint(self, painter: QPainter, *_: object) -> None:
        if not self.shown:
            return
        room, font = self._bounds, caption_font()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        ends = [*(x for x, _ in self.shown[1:]), room.width()]
        for (x, label), end in zip(self.shown, ends, strict=True):
            left = room.left() + x
            # Not orange, which marks problems.
            painter.setPen(QPen(self.theme.colour("accent"), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(left, room.top(), left, room.bottom()))
            width = min(end - x - 6, _MAX_LABEL)
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, width)
            painter.setPen(self.theme.colour("text"))
            box = QRectF(left + 4, room.top(), width, STRIP)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)


class ScaleBar(pg.GraphicsObject):
    """A bar above the channel names whose height stands for a round value."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.text = ""
        self.height = 0.0

    def show_scale(self, kind: GainKind, gain: float, row: float) -> None:
        """Choose a value that fits; ``gain`` is for a row of ``row`` pixels, 0 if unknown."""
        amount = neighbouring(gain / row * _MAX_BAR * (1 + 1e-6), -1) if gain > 0 else 0.0
        self.height = amount / gain * row if gain > 0 else 0.0
        self.text = with_unit(amount, kind.unit) if amount else ""
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return QRectF(0, 0, 110, STRIP)

    def paint(self, painter: QPainter, *_: object) -> None:
        if not self.text:
            return
        painter.setPen(QPen(self.theme.colour("dim"), 1.5))
        top, bottom = (STRIP - self.height) / 2, (STRIP + self.height) / 2
        painter.drawLine(QPointF(5, top), QPointF(5, bottom))
        for y in (top, bottom):
            painter.drawLine(QPointF(2, y), QPointF(8, y))
        painter.setFont(caption_font())
        box = self.boundingRect().adjusted(13, 0, 0, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.text)


class TraceCursor:
    """A line at the sample under the mouse, and a region of the measured span."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._view = plot.getViewBox()
        self._line = pg.InfiniteLine(angle=90)
        self._region = pg.LinearRegionItem(movable=False)
        self._dots = pg.ScatterPlotItem(size=_DOT)
        self._items = (self._region, self._line, self._dots)
        for z, item in enumerate(self._items):
            item.setZValue(6 + z)
            plot.addItem(item, ignoreBounds=True)
        self.show(None, None)

    def apply_theme(self, theme: Theme) -> None:
        accent = theme.colour("accent")
        self._line.setPen(accent)
        self._dots.setPen(accent)
        self._dots.setBrush(accent)
        for line in self._region.lines:
            line.setPen(accent)
        self._region.setBrush(theme.colour("accent", 36))

    @property
    def is_shown(self) -> bool:
        return bool(self._line.isVisible())

    @property
    def span(self) -> tuple[float, float] | None:
        """The start and end of the measured span on the time axis; None without one."""
        return self._region.getRegion() if self._region.isVisible() else None

    def show(self, now: TraceReading | None, start: TraceReading | None) -> None:
        """Show the reading ``now`` under the mouse, and that at the ``start`` of a drag.

        ``now`` of None hides the cursor; ``start`` is None without a drag.
        """
        self._line.setVisible(now is not None)
        self._dots.setVisible(now is not None)
        self._region.setVisible(now is not None and start is not None)
        if now is None:
            return
        at = [self._view.mapToView(pg.Point(each.x, each.y)) for each in (now, start) if each]
        self._line.setValue(at[0].x())
        self._dots.setData([point.x() for point in at], [point.y() for point in at])
        if start is not None:
            self._region.setRegion(sorted(point.x() for point in at))
