"""The frame of a small plot: where values lie in it, and its axes."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPolygonF

from gui.theme import CAPTION_PX, Theme

# One place, or many at once.
Value = TypeVar("Value", float, NDArray[np.float64])

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Plot:
    """A box in pixels, and the values at its edges."""

    box: QRectF
    left: float
    right: float
    bottom: float
    top: float

    def x(self, value: Value) -> Value:
        per_unit = self.box.width() / (self.right - self.left)
        return self.box.left() + (value - self.left) * per_unit

    def value_at(self, x: float) -> float:
        """The value on the horizontal axis at a pixel."""
        return self.left + (x - self.box.left()) / self.box.width() * (self.right - self.left)

    def y(self, value: Value) -> Value:
        per_unit = self.box.height() / (self.top - self.bottom)
        return self.box.bottom() - (value - self.bottom) * per_unit

    def line(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
        """A line through points; those that are not known are left out."""
        known = np.isfinite(y)
        across, up = self.x(x[known]).tolist(), self.y(y[known]).tolist()
        return QPolygonF(list(map(QPointF, across, up)))

    def paint_axes(
        self,
        painter: QPainter,
        theme: Theme,
        across: dict[float, str],
        up: dict[float, str],
        grid: bool = True,
    ) -> None:
        """Values with what is written there, below and to the left; with lines through them."""
        font = QFont(painter.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        for value, text in across.items():
            painter.setPen(theme.colour("dim"))
            # The last one ends with the plot.
            x = min(self.x(value), self.box.right() + 10 - len(text) * 4)
            painter.drawText(QRectF(x - 34, self.box.bottom() + 3, 68, 18), _CENTRE, text)
        for value, text in up.items():
            y = self.y(value)
            painter.setPen(theme.colour("dim"))
            painter.drawText(QRectF(self.box.left() - 60, y - 9, 54, 18), _RIGHT, text)
            if grid:
                painter.setPen(QPen(theme.colour("line"), 1.0))
                painter.drawLine(QLineF(self.box.left(), y, self.box.right(), y))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between two, at most ``most`` of them."""
    steps = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
    step = next((step for step in steps if (high - low) / step <= most), steps[-1])
    first = np.ceil(low / step) * step
    return [float(value) for value in np.arange(first, high + step / 1000, step)]
