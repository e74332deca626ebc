"""Axes of the small diagrams."""

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.theme import Theme

_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 16.0, 34.0, 28.0
_MOST_TICKS = 8


class Axes:
    """From values to places in a picture with a title above it.

    Parameters
    ----------
    room : QRect
    x, y : tuple of 2 float
        First and last value.
    """

    def __init__(self, room: QRect, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.room = QRectF(room).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        self.x, self.y = x, y

    def at(self, x: float, y: float) -> QPointF:
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        room = self.room
        return QPointF(room.left() + across * room.width(), room.bottom() - up * room.height())

    def paint(
        self, painter: QPainter, theme: Theme, ticks: Sequence[float], percent: bool = False
    ) -> None:
        """A faint line and a number at each tick of y; numbers under x."""
        for tick in ticks:
            left, right = self.at(self.x[0], tick), self.at(self.x[1], tick)
            painter.setPen(QPen(theme.colour("line"), 1.0))
            painter.drawLine(left, right)
            painter.setPen(theme.colour("dim"))
            place = QRectF(0, left.y() - 9, _LEFT - 6, 18)
            middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, middle, f"{100 * tick:.0f} %" if percent else f"{tick:.2g}")
        every = max(1, ceil((self.x[1] - self.x[0]) / _MOST_TICKS))
        for tick in range(ceil(self.x[0]), int(self.x[1]) + 1, every):
            foot = self.at(tick, self.y[0])
            place = QRectF(foot.x() - 20, foot.y() + 4, 40, 18)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, str(tick))

    def paint_chance(self, painter: QPainter, theme: Theme, chance: float) -> None:
        """A dashed line, and what it is, at the left: no course or curve begins there."""
        painter.setPen(QPen(theme.colour("dim"), 1.0, Qt.PenStyle.DashLine))
        left, right = self.at(self.x[0], chance), self.at(self.x[1], chance)
        painter.drawLine(left, right)
        painter.drawText(QRectF(left.x() + 4, left.y() + 1, 60, 18), 0, "chance")


def paint_band(
    painter: QPainter, low: Sequence[QPointF], high: Sequence[QPointF], colour: QColor
) -> None:
    """A veil between two lines: the interval of what is drawn in that colour."""
    veil = QColor(colour)
    veil.setAlphaF(0.22)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(veil)
    painter.drawPolygon(QPolygonF([*low, *reversed(high)]))


def paint_line(
    painter: QPainter, line: Sequence[QPointF], colour: QColor, dots: bool = True
) -> None:
    painter.setPen(QPen(colour, 2.0))
    painter.drawPolyline(QPolygonF(line))
    if dots:
        painter.setBrush(colour)
        for point in line:
            painter.drawEllipse(point, 3.5, 3.5)
