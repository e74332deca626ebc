"""Markers and tags, drawn over the scope's traces."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gui.theme import Theme

TAG = 18.0
_LONGEST = 150.0


def paint_tag(
    painter: QPainter, theme: Theme, at: QPointF, label: str, colour: str = "warning"
) -> None:
    """A few words on a ground of their own."""
    width = painter.fontMetrics().horizontalAdvance(label) + 8
    box = QRectF(at.x(), at.y(), width, TAG)
    painter.fillRect(box, theme.colour("panel"))
    painter.setPen(theme.colour(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)


def paint_markers(
    painter: QPainter, theme: Theme, strip: QRectF, bottom: float, markers: list[tuple[float, str]]
) -> None:
    """A line for each (x, label) from the strip to ``bottom``; labels, in the strip, end there."""
    markers = sorted(markers)
    ends = [*(x for x, _ in markers), strip.right()][1:]
    for (x, label), end in zip(markers, ends, strict=True):
        # Orange is left to what is wrong.
        painter.setPen(QPen(theme.colour("accent"), 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, strip.top(), x, bottom))
        room = QRectF(x + 4, strip.top(), min(end - x - 6, _LONGEST), strip.height())
        written = painter.fontMetrics().elidedText(
            label, Qt.TextElideMode.ElideRight, int(room.width())
        )
        painter.setPen(theme.colour("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, written)
