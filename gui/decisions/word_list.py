"""Which word was said: the likeliest with their probabilities, and the true one if known."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.cue_matching import CueFinder, CueWindows
from gui.decisions.decision_rule import DecisionRule, in_words
from gui.decisions.headline import NO_PREDICTION, paint_headline
from gui.plots.threshold_line import paint_threshold
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.empty_state import HINT_HEIGHT, NO_ENGINE, paint_hint

_N_SHOWN = 5
_TITLE, _ROW, _FOOT = 50.0, 26.0, 46.0
_VCENTRE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class ShownWords:
    """How words are cut out of the signal: a window each at its cue, or windows that slide."""

    window_s: float
    at_cues: bool = True

    @property
    def windows(self) -> CueWindows | None:
        """What finds the cue of a window; None where windows slide."""
        return CueWindows(self.window_s) if self.at_cues else None


class SpeechView(QWidget):
    """The word that is decided, and the five likeliest, each with a bar.

    Parameters
    ----------
    windows : CueFinder, optional
        Finds the cue of a window; None where windows slide, and no word is held against a cue.
    threshold : float
        Least confidence of a decision, for the line through the bars.
    """

    def __init__(
        self, windows: CueFinder | None, threshold: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.rule = DecisionRule(threshold)
        self.live = False
        self._windows = windows
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Decoded word")
        self._begin(())
        self.set_engine(False)

    def _begin(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.best: list[tuple[str, float]] = []
        self._decided: Decision | None = None
        self.true_word: str | None = None
        self.why = ""

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs; without one a line says so, and takes no more room."""
        self.has_engine = alive
        rows = min(_N_SHOWN, max(2, len(self.classes)))
        self.setFixedHeight(round(_TITLE + rows * _ROW + _FOOT) if alive else HINT_HEIGHT)
        self.update()

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """The words of an engine that was found."""
        self._begin(classes)
        self.set_engine(True)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """The newest prediction, with the cue of its window; None when it is old."""
        self.live = prediction is not None
        if prediction is not None and len(prediction.probabilities) == len(self.classes):
            order = np.argsort(-prediction.probabilities, kind="stable")[:_N_SHOWN]
            self.best = [(self.classes[k], float(prediction.probabilities[k])) for k in order]
            self.true_word = self._windows.cue_of(prediction.taken) if self._windows else None
            self._decided, self.why = prediction.decision, ""
            self.setAccessibleDescription(f"{self.decision}; {self.truth}")
        self.update()

    def show_rejected(self, why: str) -> None:
        """The last window gave no prediction, for this reason."""
        self.best, self.true_word, self.why = [], None, why
        self.update()

    @property
    def decision(self) -> str:
        """The engine's decision, in words."""
        return in_words(self._decided) if self.best else NO_PREDICTION

    @property
    def truth(self) -> str:
        """What was truly asked for, in words."""
        return f"true word: {self.true_word or 'not known'}"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.hint)
            return
        painter.setFont(self.font())
        width = self.width() - 28.0
        colour = self.theme.colour("accent" if self.live else "dim")
        beside = self.rule.beside(self._decided if self.best else None)
        paint_headline(
            painter, self.theme, QRectF(14, 6, width, 40), self.decision, colour, beside,
            self.why, calm=bool(self.rule.evidence_s),
        )  # fmt: skip
        self._paint_bars(painter)
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text" if self.true_word else "dim"))
        foot = QRectF(14, self.height() - 26, width, 22)
        painter.drawText(foot, _VCENTRE, self.truth)
        painter.setPen(self.theme.colour("dim"))
        among = f"of {len(self.classes)} words"
        painter.drawText(foot, _VCENTRE | Qt.AlignmentFlag.AlignRight, among)

    def _paint_bars(self, painter: QPainter) -> None:
        left, width = 110.0, self.width() - 110.0 - 74.0
        font = QFont(self.font())
        font.setPixelSize(15)
        for k, (word, probability) in enumerate(self.best):
            top = _TITLE + k * _ROW
            right = word == self.true_word
            font.setBold(right)
            painter.setFont(font)
            painter.setPen(self.theme.colour("text" if self.live else "dim"))
            room = 72 if right else 90
            name = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, room)
            # The tick says which is true: no one needs the bold letters.
            painter.drawText(QRectF(14, top, 92, 20), _VCENTRE, f"{name} \u2713" if right else name)
            share = QRectF(left + width + 4, top, 56, 20)
            percent = f"{100 * probability:.0f} %"
            painter.drawText(share, _VCENTRE | Qt.AlignmentFlag.AlignRight, percent)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.colour("line"))
            painter.drawRoundedRect(QRectF(left, top + 2, width, 16), 4, 4)
            colour = self.theme.colour("accent")
            colour.setAlpha(255 if self.live else 90)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(left, top + 2, width * probability, 16), 4, 4)
        rows = min(_N_SHOWN, len(self.classes))
        bars = QRectF(left, _TITLE - 3, width, rows * _ROW)
        paint_threshold(painter, self.theme, bars, self.rule)
