"""A ball between two targets, moved by the probabilities of the two classes."""

from math import exp, log, tanh

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from gui.theme import CAPTION_PX, Theme

# Its log-odds fade with this time constant.
_MEMORY_S = 1.0
_MOST = 6.0  # log-odds that one window may claim, 99.8 %
_LONGEST_STEP_S = 1.0


class BallCourse:
    """Leaky integration of the log-odds of the second class against the first.

    It moves the ball and decides nothing.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Put the ball in the middle."""
        self.log_odds = 0.0
        self._last: float | None = None

    def add(self, time: float, first: float, second: float) -> None:
        """One prediction: probabilities of the two classes, at a time in seconds."""
        now = max(-_MOST, min(log(max(second, 1e-9) / max(first, 1e-9)), _MOST))
        step = 0.0 if self._last is None else max(0.0, min(time - self._last, _LONGEST_STEP_S))
        self._last = time
        kept = exp(-step / _MEMORY_S)
        self.log_odds = kept * self.log_odds + (1 - kept) * now

    @property
    def place(self) -> float:
        """-1 at the first class, 1 at the second, 0 in the middle.

        It is the difference of the two probabilities that the log-odds stand for.
        """
        return tanh(self.log_odds / 2)


def paint_ball(
    painter: QPainter,
    theme: Theme,
    box: QRectF,
    place: float,
    classes: tuple[str, str],
    decided: bool,
    live: bool,
    below: str,
) -> None:
    """Draw the track with a target at each end; the ball is hollow while nothing is decided.

    ``below`` is written in the middle below it.
    """
    radius, reach = 10.0, 15.0
    y = box.top() + 18
    left, right = box.left() + reach, box.right() - reach
    middle, half = (left + right) / 2, (right - left) / 2
    painter.setPen(QPen(theme.colour("line"), 6.0, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QLineF(left, y, right, y))
    for k, x in enumerate((left, right)):
        painter.setPen(QPen(theme.class_colour(k), 3.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), reach - 1, reach - 1)
    towards = theme.class_colour(int(place > 0))
    towards.setAlpha(255 if live else 90)
    painter.setPen(QPen(towards if decided else theme.colour("dim"), 2.5))
    painter.setBrush(towards if decided else theme.colour("panel"))
    painter.drawEllipse(QPointF(middle + place * half, y), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    font = QFont(painter.font())
    font.setPixelSize(CAPTION_PX)
    font.setBold(False)
    painter.setFont(font)
    words = QRectF(box.left(), y + 20, box.width(), 18)
    third = int(box.width() / 3)
    painter.setPen(theme.colour("text"))
    for name, align in zip(
        classes, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True
    ):
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, third)
        painter.drawText(words, align, name)
    painter.setPen(theme.colour("dim"))
    painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, below)
