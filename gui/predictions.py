"""What the decoder says now: a bar for each class, and the decision."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.lsl.predictions import ReceivedPrediction
from gui.hint import HINT_HEIGHT, NO_ENGINE, paint_hint
from gui.theme import DARK, Theme


class DecisionView(QWidget):
    """One bar a class with its probability; the decision, its confidence and the true cue."""

    def __init__(self, threshold: float = 0.7, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.threshold = threshold
        self.classes: tuple[str, ...] = ()
        self.probabilities: tuple[float, ...] = ()
        self.cue: str | None = None
        self.live = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs; without one a line says so, and takes no more room."""
        self.has_engine = alive
        bars = min(max(2, len(self.classes)), 7)
        self.setFixedHeight(92 + 34 * bars if alive else HINT_HEIGHT)
        self.update()

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """What an engine that was found decides between."""
        self.classes, self.probabilities = classes, ()
        self.set_engine(True)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """The newest prediction; None when there is none any more."""
        self.live = prediction is not None
        if prediction is not None:
            self.probabilities = tuple(float(p) for p in prediction.probabilities)
        self.update()

    def show_cue(self, cue: str | None) -> None:
        self.cue = cue
        self.update()

    @property
    def decision(self) -> str:
        """What is decided now, in words."""
        if not self.live or not self.probabilities:
            return "no prediction"
        best = max(range(len(self.probabilities)), key=self.probabilities.__getitem__)
        return self.classes[best] if self.probabilities[best] >= self.threshold else "not sure"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), NO_ENGINE)
            return
        width = self.width()
        font = QFont(self.font())
        font.setPixelSize(30)
        font.setBold(True)
        painter.setFont(font)
        known = self.decision in self.classes
        if known:
            painter.setPen(self.theme.class_colour(self.classes.index(self.decision)))
        else:
            painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, 6, width - 28, 42), Qt.AlignmentFlag.AlignLeft, self.decision)
        if known:
            confidence = f"{100 * max(self.probabilities):.0f} %"
            painter.drawText(QRectF(14, 6, width - 28, 42), Qt.AlignmentFlag.AlignRight, confidence)
        self._paint_bars(painter)
        font.setPixelSize(14)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text" if self.cue else "dim"))
        cue = f"true cue: {self.cue}" if self.cue else "true cue: none now"
        painter.drawText(QRectF(14, self.height() - 30, width - 28, 22), 0, cue)

    def _paint_bars(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPixelSize(14)
        painter.setFont(font)
        left, width = 100.0, self.width() - 100.0 - 70.0
        middle = Qt.AlignmentFlag.AlignVCenter
        for k, name in enumerate(self.classes[:7]):
            top = 54.0 + 34 * k
            painter.setPen(self.theme.colour("text"))
            name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 82)
            painter.drawText(QRectF(14, top, 84, 22), middle, name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.colour("line"))
            painter.drawRoundedRect(QRectF(left, top, width, 22), 4, 4)
            if not self.probabilities:
                continue
            colour = self.theme.class_colour(k)
            colour.setAlpha(255 if self.live else 90)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(left, top, width * self.probabilities[k], 22), 4, 4)
            painter.setPen(self.theme.colour("text" if self.live else "dim"))
            box = QRectF(left + width + 4, top, 52, 22)
            share = f"{100 * self.probabilities[k]:.0f} %"
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, share)
        if not self.classes:
            return
        x = left + width * self.threshold
        painter.setPen(QPen(self.theme.colour("text"), 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, 50), QPointF(x, 54 + 34 * len(self.classes[:7]) - 8))
