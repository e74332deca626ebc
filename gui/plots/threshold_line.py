"""From which probability on it is decided: a dotted line through bars, and what it is."""

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from gui.decisions.decision_rule import DecisionRule
from gui.theme import CAPTION_PX, Theme


def words_of(rule: DecisionRule) -> str:
    """``decides above 70 %``, and over how much signal where that is not a window's."""
    over = f" over {rule.evidence_s:.2g} s" if rule.evidence_s else ""
    return f"decides above {100 * rule.threshold:.3g} %{over}"


def paint_threshold(painter: QPainter, theme: Theme, bars: QRectF, rule: DecisionRule) -> None:
    """The line at that share of the bars' width, the words below it.

    Bars of single windows have no line where decisions are taken over more of the signal.
    """
    x = bars.left() + bars.width() * rule.threshold
    if not rule.evidence_s:
        painter.setPen(QPen(theme.colour("text"), 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QLineF(x, bars.top(), x, bars.bottom()))
    font = QFont(painter.font())
    font.setPixelSize(CAPTION_PX)
    font.setBold(False)
    painter.setFont(font)
    painter.setPen(theme.colour("dim"))
    said = words_of(rule)
    half = painter.fontMetrics().horizontalAdvance(said) / 2 + 1
    middle = max(bars.left() + half, min(x, bars.right() + 60 - half))
    words = QRectF(middle - half, bars.bottom(), 2 * half, CAPTION_PX + 3)
    painter.drawText(words, Qt.AlignmentFlag.AlignCenter, said)
