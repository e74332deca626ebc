"""Markers, cursor and the scale of a row, over the scope's traces and beside them."""

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui.plots.axis import caption_font
from gui.scope.gains import GainKind
from gui.scope.trace_layout import TraceReading
from gui.theme import DARK, Theme
from gui.widgets.units import neighbouring, with_unit

STRIP = 18.0  # above the traces, for the labels of markers
_MAX_LABEL = 150.0
_MAX_BAR = 14.0
_DOT = 8


class MarkerLines(pg.GraphicsObject):
    """A line for each marker, and its label in the strip above the traces.

    One item for all: markers move in every frame. It lies in the pixels of its parent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.shown: list[tuple[float, str]] = []
        self._bounds = QRectF()
        self.setZValue(5)

    def set_room(self, room: QRectF) -> None:
        """Take the place of the traces and the strip above them."""
        self.prepareGeometryChange()
        self._bounds = room

    def show_at(self, markers: list[tuple[float, str]]) -> None:
        """Show these, each (x, label), when the traces are painted the next time."""
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
            # Orange is left to what is wrong.
            painter.setPen(QPen(self.theme.colour("accent"), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(left, room.top(), left, room.bottom()))
            width = min(end - x - 6, _MAX_LABEL)
            text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, width)
            painter.setPen(self.theme.colour("text"))
            box = QRectF(left + 4, room.top(), width, STRIP)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)


class ScaleBar(pg.GraphicsObject):
    """A bar as high as an amount is drawn, above the channels' names."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.text = ""
        self.height = 0.0

    def show_scale(self, kind: GainKind, gain: float, row: float) -> None:
        """Choose an amount that fits; ``gain`` is that of a row of so many pixels."""
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
    """A line at the sample that is read in a plot, and a region from where one measures."""

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
        """The times between which one measures, on the axis of time."""
        return self._region.getRegion() if self._region.isVisible() else None

    def show(self, now: TraceReading | None, start: TraceReading | None) -> None:
        """Show the reading under the mouse, and that where the drag began."""
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
