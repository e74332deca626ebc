"""The running transcript: decided words in the order they came, the newest marked."""

import time
from collections.abc import Callable

from pylsl import local_clock
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.cue_matching import CueWindows
from gui.decisions.headline import NOT_SURE
from gui.decisions.transcript import Transcript, TranscriptEntry
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.class_names import brief
from gui.widgets.empty_state import HINT_HEIGHT, HISTORY_HEIGHT, NO_ENGINE, paint_hint

_LEFT, _TOP = 14.0, 28.0
_ROW, _GAP, _LEAST = 61.0, 6.0, 62.0
_WORD = 20
_VCENTRE = Qt.AlignmentFlag.AlignVCenter
_RIGHT, _WRONG = "\u2713", "\u2717"


def clock_time(at: float) -> str:
    """The time of day of an instant on the LSL clock."""
    return time.strftime("%H:%M:%S", time.localtime(time.time() - local_clock() + at))


class TranscriptView(QWidget):
    """Rows of words that are written like text; when they are full the oldest row goes.

    Parameters
    ----------
    windows : CueWindows, optional
        Finds the cue of a window; None where windows slide.
    heading : str
    truth : str
        What is written before the true word: that one was asked for it, or that it was shown.
    time_of : callable
        Writes an instant of the LSL clock.
    """

    def __init__(
        self,
        windows: CueWindows | None,
        heading: str = "transcript",
        truth: str = "asked",
        time_of: Callable[[float], str] = clock_time,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.transcript = Transcript(windows)
        self._heading, self._truth = heading, truth
        self._time_of = time_of
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(heading.capitalize())
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs; without one a line says so, and takes no more room."""
        self.has_engine = alive
        self.setFixedHeight(HISTORY_HEIGHT if alive else HINT_HEIGHT)
        self.update()

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """What an engine that was found decides between."""
        self.transcript.begin(classes)
        self.set_engine(True)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Predictions that came, oldest first."""
        n_new = sum(self.transcript.add(prediction) for prediction in predictions)
        if n_new:
            self._tell()

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """What the engine decided, oldest first."""
        if sum(self.transcript.decide(decision) for decision in decisions):
            self._tell()

    def show_rejected(self, now: float, why: str) -> None:
        """A window gave no prediction; told at ``now``, LSL clock."""
        if self.transcript.reject(now, why):
            self._tell()

    def _tell(self) -> None:
        self.setAccessibleDescription(self.sentence)
        self.update()

    @property
    def sentence(self) -> str:
        """The newest entry in words."""
        said = self.transcript.said
        return f"{self._word(said[-1])}: {self._about(said[-1])}" if said else "nothing yet"

    def _word(self, said: TranscriptEntry) -> str:
        if said.why:
            return "rejected"
        return NOT_SURE if said.word is None else brief(said.word)

    def _about(self, said: TranscriptEntry) -> str:
        """How sure, and whether it was right."""
        truth = f"{self._truth}: {brief(said.cue)}" if said.cue is not None else ""
        if said.why:
            return f"{said.why}; {truth}" if truth else said.why
        share = "" if said.confidence is None else f"{100 * said.confidence:.0f} %"
        if said.is_right:
            return f"{_RIGHT} {share}"
        if said.is_right is False:
            return f"{_WRONG} {truth}"
        return truth or share

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.hint)
            return
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("dim"))
        heading = QRectF(_LEFT, 6, self.width() - 2 * _LEFT, 18)
        painter.drawText(heading, _VCENTRE, self._heading)
        painter.drawText(heading, _VCENTRE | Qt.AlignmentFlag.AlignRight, self.transcript.tally)
        if not self.transcript.said:
            when = " at each cue" if self.transcript.is_cued else ""
            self._font(painter, 15)
            painter.drawText(heading.translated(0, 34), _VCENTRE, f"nothing yet: one{when}")
            return
        rows = self._rows(painter)
        fitting = int((self.height() - _TOP) // _ROW)
        for k, row in enumerate(rows[-fitting:]):
            x = _LEFT
            for said, width in row:
                box = QRectF(x, _TOP + k * _ROW, width, _ROW - 4)
                self._paint_said(painter, box, said, said is self.transcript.said[-1])
                x += width + _GAP

    def _rows(self, painter: QPainter) -> list[list[tuple[TranscriptEntry, float]]]:
        """What was said, with its width, in rows as wide as the view."""
        self._font(painter, _WORD, bold=True)
        words = painter.fontMetrics()
        widths = [words.horizontalAdvance(self._word(said)) for said in self.transcript.said]
        self._font(painter, CAPTION_PX)
        about = painter.fontMetrics()
        rows: list[list[tuple[TranscriptEntry, float]]] = [[]]
        x, right = _LEFT, self.width() - _LEFT
        for said, word in zip(self.transcript.said, widths, strict=True):
            needed = max(_LEAST, word, about.horizontalAdvance(self._about(said))) + 18
            width = min(float(needed), right - _LEFT)
            if x + width > right and rows[-1]:
                rows.append([])
                x = _LEFT
            rows[-1].append((said, width))
            x += width + _GAP
        return rows

    def _paint_said(
        self, painter: QPainter, box: QRectF, said: TranscriptEntry, newest: bool
    ) -> None:
        if newest:
            painter.setPen(QPen(self.theme.colour("accent"), 2.0))
            painter.setBrush(self.theme.colour("window"))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 5, 5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        room = box.adjusted(8, 2, -8, 0)
        known = said.word is not None
        self._font(painter, _WORD if known else 17, bold=known, italic=not known)
        painter.setPen(self.theme.colour("text" if known else "dim"))
        word = painter.fontMetrics().elidedText(
            self._word(said), Qt.TextElideMode.ElideRight, int(room.width())
        )
        painter.drawText(QRectF(room.left(), room.top() - 1, room.width(), 24), _VCENTRE, word)
        self._font(painter, CAPTION_PX)
        wrong = said.is_right is False or bool(said.why)
        painter.setPen(self.theme.colour("warning" if wrong else "text"))
        about = QRectF(room.left(), room.top() + 20, room.width(), 18)
        painter.drawText(about, _VCENTRE, self._about(said))
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("dim"))
        when = QRectF(room.left(), room.top() + 35, room.width(), 18)
        painter.drawText(when, _VCENTRE, self._time_of(said.time))

    def _font(
        self, painter: QPainter, pixels: int, bold: bool = False, italic: bool = False
    ) -> None:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        font.setBold(bold)
        font.setItalic(italic)
        painter.setFont(font)
