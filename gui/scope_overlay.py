"""Markers and tags, drawn over the scope's traces."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gui.theme import Theme

TAG = 18.0


def paint_tag(
    painter: QPainter, theme: Theme, at: QPointF, label: str, colour: str = "warning"
) -> None:
    """A few words on a ground of their own."""
    width = painter.fontMetrics().horizontalAdvance(label) + 8
    box = QRectF(at.x(), at.y(), width, TAG)
    painter.fillRect(box, theme.colour("panel"))
    painter.setPen(theme.colour(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)


def paint_marker(painter: QPainter, theme: Theme, x: float, height: float, label: str) -> None:
    # Orange is left to what is wrong.
    painter.setPen(QPen(theme.colour("accent"), 1.0, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(x, 0, x, height))
    paint_tag(painter, theme, QPointF(x + 3, 2), label[:16], "text")
