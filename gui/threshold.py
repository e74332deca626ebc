"""From which probability on it is decided: a dotted line through bars, and what it is."""

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from gui.theme import CAPTION_PX, Theme


def paint_threshold(painter: QPainter, theme: Theme, bars: QRectF, threshold: float) -> None:
    """The line at that share of the bars' width, the words below it."""
    x = bars.left() + bars.width() * threshold
    painter.setPen(QPen(theme.colour("text"), 1.0, Qt.PenStyle.DotLine))
    painter.drawLine(QLineF(x, bars.top(), x, bars.bottom()))
    font = QFont(painter.font())
    font.setPixelSize(CAPTION_PX)
    font.setBold(False)
    painter.setFont(font)
    painter.setPen(theme.colour("dim"))
    said = f"decided from {100 * threshold:.0f} %"
    half = painter.fontMetrics().horizontalAdvance(said) / 2 + 1
    middle = max(bars.left() + half, min(x, bars.right() + 60 - half))
    words = QRectF(middle - half, bars.bottom(), 2 * half, CAPTION_PX + 3)
    painter.drawText(words, Qt.AlignmentFlag.AlignCenter, said)
