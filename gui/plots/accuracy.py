"""An accuracy as a point on a line from 0 to 100 %, with its interval, beside chance."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.models.bundle import ScoreCard
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import tip
from gui.widgets.units import by_chance, counted, percent


def verdict(score: ScoreCard) -> str:
    """What the accuracy means, in a sentence."""
    p = by_chance(score.p_value if score.shuffled_p is None else score.shuffled_p)
    if score.at_chance:
        return (
            f"Not distinguishable from chance ({p}): do not rely on this "
            "model. Record more runs, or try another task."
        )
    return f"Better than chance ({p})."


class AccuracyView(QWidget):
    """The figure large, its interval and chance as a picture and in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.score: ScoreCard | None = None
        self.setFixedHeight(122)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            tip(
                "Held-out trials are those that the model had not learnt from when it decided"
                " them. Chance is what one scores without any signal, by guessing or by "
                "always saying the same."
            )
        )

    def set_score(self, score: ScoreCard) -> None:
        self.score = score
        self.setAccessibleName(f"Accuracy {self._figure}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        score = self.score
        if score is None:
            return
        font = QFont(self.font())
        font.setPixelSize(36)
        font.setBold(True)
        painter.setFont(font)
        sure = not score.at_chance
        painter.setPen(self.theme.colour("text" if sure else "warning"))
        painter.drawText(QRectF(14, 6, 124, 46), Qt.AlignmentFlag.AlignVCenter, self._figure)
        font.setPixelSize(CAPTION_PX)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        beside = QRectF(144, 6, self.width() - 156, 46)
        words = (
            f"of {counted(score.trials, 'held-out trial')} decided rightly\n"
            f"95 % interval {percent(score.low)} to {percent(score.high)}"
        )
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, words)
        self._paint_line(painter, score)

    @property
    def _figure(self) -> str:
        return percent(self.score.accuracy) if self.score else ""

    def _paint_line(self, painter: QPainter, score: ScoreCard) -> None:
        left, right, y = 30.0, self.width() - 34.0, 84.0

        def at(value: float) -> QPointF:
            return QPointF(left + value * (right - left), y)

        painter.setPen(QPen(self.theme.colour("line"), 2.0))
        painter.drawLine(at(0), at(1))
        painter.setPen(QPen(self.theme.colour("dim"), 2.0))
        chance = at(score.chance)
        painter.drawLine(chance - QPointF(0, 10), chance + QPointF(0, 10))
        painter.setPen(self.theme.colour("dim"))
        middle = Qt.AlignmentFlag.AlignHCenter
        # Chance above the line: with many classes it is close to 0 %.
        said = f"chance {percent(score.chance)}"
        half = painter.fontMetrics().horizontalAdvance(said) / 2 + 1
        x = max(14 + half, min(chance.x(), self.width() - 14 - half))
        painter.drawText(QRectF(x - half, y - 29, 2 * half, 18), middle, said)
        for value, told in ((0.0, "0 %"), (1.0, "100 %")):
            foot = at(value)
            painter.drawText(QRectF(foot.x() - 40, y + 12, 80, 18), middle, told)
        sure = not score.at_chance
        colour = self.theme.colour("accent" if sure else "warning")
        painter.setPen(QPen(colour, 6.0, c=Qt.PenCapStyle.RoundCap))
        painter.drawLine(at(score.low), at(score.high))
        painter.setPen(QPen(self.theme.colour("panel"), 2.0))
        painter.setBrush(colour)
        painter.drawEllipse(at(score.accuracy), 8, 8)
