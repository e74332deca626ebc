"""What is decided now, in large letters: the same at the top of every view of a decision."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from gui.theme import CAPTION_PX, Theme

NO_PREDICTION, NOT_SURE = "no prediction", "not sure"
NO_DECISION = "no decision yet"
_LOW, _NONE = 22, 18
_LEAST = 15
_VCENTRE = Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | _VCENTRE


def is_decided(decision: str) -> bool:
    """Whether a decision is one, and not that there is none."""
    return decision not in (NO_PREDICTION, NOT_SURE, NO_DECISION)


def paint_headline(
    painter: QPainter,
    theme: Theme,
    box: QRectF,
    decision: str,
    colour: QColor,
    beside: str,
    why: str = "",
    pixels: int = 30,
    calm: bool = False,
) -> None:
    """The decision on the left, on the right how sure or how old; or why there is no prediction.

    Without a decision the words are smaller and dim; with ``calm`` so is what stands beside them.
    """
    if decision == NO_PREDICTION and why:
        _paint_why(painter, theme, box, why)
        return
    decided = is_decided(decision)
    font = QFont(painter.font())
    font.setBold(True)
    most = pixels if decided else min(pixels, _LOW)
    font.setPixelSize(fitting_pixels(font, f"{decision}  {beside}", box.width(), most))
    painter.setFont(font)
    painter.setPen(colour if decided else theme.colour("dim"))
    taken = 0.0
    if beside and decision != NO_PREDICTION:
        if calm:
            _set_calm(painter, theme, font)
        painter.drawText(box, _RIGHT, beside)
        taken = painter.fontMetrics().horizontalAdvance(beside) + 12.0
        painter.setFont(font)
        painter.setPen(colour if decided else theme.colour("dim"))
    room = box.adjusted(0, 0, -taken, 0)
    text = painter.fontMetrics().elidedText(
        decision, Qt.TextElideMode.ElideRight, int(room.width())
    )
    painter.drawText(room, _VCENTRE, text)


def _set_calm(painter: QPainter, theme: Theme, font: QFont) -> None:
    small = QFont(font)
    small.setBold(False)
    small.setPixelSize(CAPTION_PX)
    painter.setFont(small)
    painter.setPen(theme.colour("dim"))


def fitting_pixels(font: QFont, text: str, width: float, most: int) -> int:
    """The largest height up to ``most`` at which the text is not cut off, 15 at the least."""
    tried = QFont(font)
    for pixels in range(most, _LEAST, -1):
        tried.setPixelSize(pixels)
        if QFontMetricsF(tried).horizontalAdvance(text) <= width:
            return pixels
    return _LEAST


def _paint_why(painter: QPainter, theme: Theme, box: QRectF, why: str) -> None:
    """Two lines as wide as the view: no reason is cut off."""
    font = QFont(painter.font())
    font.setBold(True)
    half = box.height() / 2
    font.setPixelSize(min(_NONE, int(half) - 2))
    painter.setFont(font)
    painter.setPen(theme.colour("dim"))
    painter.drawText(QRectF(box.left(), box.top(), box.width(), half), _VCENTRE, NO_PREDICTION)
    font.setBold(False)
    font.setPixelSize(CAPTION_PX)
    painter.setFont(font)
    painter.setPen(theme.colour("warning"))
    below = QRectF(box.left(), box.top() + half, box.width(), half)
    said = painter.fontMetrics().elidedText(
        f"signal not used: {why}", Qt.TextElideMode.ElideRight, int(box.width())
    )
    painter.drawText(below, _VCENTRE, said)
