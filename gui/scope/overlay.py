"""Markers and tags, drawn over the scope's traces."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gui.theme import Theme

TAG = 18.0
_LONGEST = 150.0
# Seconds from one mark of the time axis to the next, by how many are shown.
_EVERY_S = {2.0: 0.5, 5.0: 1.0, 10.0: 2.0, 20.0: 5.0, 30.0: 5.0}


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


def paint_time_axis(
    painter: QPainter, theme: Theme, box: QRectF, shown_s: float, back_s: float, sweep: bool
) -> None:
    """Marks for the time under the traces, in seconds before the newest sample.

    The marks of a sweep stand, with what is between two of them in words.
    """
    every, dim = _EVERY_S.get(shown_s, shown_s / 5), theme.colour("dim")
    width = box.width() / shown_s * every
    n_marks = round(shown_s / every)
    for k in range(n_marks + 1):
        x = box.right() - k * width
        painter.setPen(QPen(dim, 1.0))
        painter.drawLine(QLineF(x, box.top(), x, box.top() + 4))
        seconds = back_s + k * every
        text = f"\u2212{seconds:.3g} s" if seconds else "0 s"
        # The outermost have their text within the box.
        left = min(max(x - 30, box.left() - 18), box.right() - 36)
        place = QRectF(left, box.top() + 2, 60 if k else 34, box.height() - 2)
        align = Qt.AlignmentFlag.AlignCenter if k else Qt.AlignmentFlag.AlignRight
        if not sweep:
            painter.drawText(place, align, text)
    if sweep:
        said = f"{every:g} s from mark to mark"
        painter.drawText(box.adjusted(0, 2, -6, 0), Qt.AlignmentFlag.AlignRight, said)
