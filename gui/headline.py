"""What is decided now, in large letters: the same at the top of every view of a decision."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from gui.theme import Theme

NO_PREDICTION, NOT_SURE = "no prediction", "not sure"
_LOW = 22
_VCENTRE = Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | _VCENTRE


def is_decided(decision: str) -> bool:
    """Whether a decision is one, and not that there is none."""
    return decision not in (NO_PREDICTION, NOT_SURE)


def paint_headline(
    painter: QPainter,
    theme: Theme,
    box: QRectF,
    decision: str,
    colour: QColor,
    confidence: float | None,
    why: str = "",
    pixels: int = 30,
) -> None:
    """The decision on the left; on the right its confidence, or why there is no prediction.

    Without a decision the words are smaller and dim, and the confidence is that of the likeliest.
    """
    decided = is_decided(decision)
    font = QFont(painter.font())
    font.setBold(True)
    font.setPixelSize(pixels if decided else min(pixels, _LOW))
    painter.setFont(font)
    painter.setPen(colour if decided else theme.colour("dim"))
    taken = 0.0
    if decision == NO_PREDICTION:
        taken = _paint_why(painter, theme, box, why) if why else 0.0
        painter.setFont(font)
        painter.setPen(theme.colour("dim"))
    elif confidence is not None:
        share = f"{100 * confidence:.0f} %"
        painter.drawText(box, _RIGHT, share)
        taken = painter.fontMetrics().horizontalAdvance(share) + 12.0
    room = box.adjusted(0, 0, -taken, 0)
    text = painter.fontMetrics().elidedText(
        decision, Qt.TextElideMode.ElideRight, int(room.width())
    )
    painter.drawText(room, _VCENTRE, text)


def _paint_why(painter: QPainter, theme: Theme, box: QRectF, why: str) -> float:
    font = QFont(painter.font())
    font.setBold(False)
    font.setPixelSize(13)
    painter.setFont(font)
    painter.setPen(theme.colour("warning"))
    painter.drawText(box, _RIGHT, f"windows rejected:\n{why}")
    return 120.0
