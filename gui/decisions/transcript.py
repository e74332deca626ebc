"""The running transcript: decided words in the order they came, the newest marked."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from pylsl import local_clock
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.decision_view import CueWindows
from gui.decisions.headline import NOT_SURE
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import HINT_HEIGHT, HISTORY_HEIGHT, NO_ENGINE, plain
from gui.widgets.layouts import named
from gui.widgets.units import brief

# Older words are counted, but can no longer be scrolled to.
_N_KEPT = 60
_RIGHT, _WRONG = "\u2713", "\u2717"


@dataclass(frozen=True)
class TranscriptEntry:
    """One window: the decided word with its confidence, and the true one where it is known.

    ``time`` is when the window ended, on the LSL clock. ``word`` is None where nothing was decided,
    ``confidence`` where it is not known. ``why`` is the reason where the window was rejected.
    """

    time: float
    word: str | None
    confidence: float | None
    cue: str | None
    why: str = ""

    @property
    def is_right(self) -> bool | None:
        """None where nothing was decided, or the truth is not known."""
        return None if self.word is None or self.cue is None else self.word == self.cue


class Transcript:
    """Takes the engine's decisions and the cues, and keeps the words.

    With one window at each cue every window is an entry, with the decision that its prediction
    carries. Where windows slide, an entry is an event of the engine's decision that begins a word;
    it is compared with no cue.

    Parameters
    ----------
    windows : CueWindows, optional
        Finds the cue of a window; None where windows slide.
    """

    def __init__(self, windows: CueWindows | None) -> None:
        self._windows = windows
        self.begin(())

    def begin(self, classes: tuple[str, ...]) -> None:
        """Forget all entries; these are the words from now on."""
        self.classes = classes
        self.entries: list[TranscriptEntry] = []
        self.n_right = self.n_judged = self.n_unsure = 0

    @property
    def is_cued(self) -> bool:
        """Return whether there is one window at each cue."""
        return self._windows is not None

    def add(self, prediction: ReceivedPrediction) -> bool:
        """Take a prediction; return whether it is an entry."""
        if self._windows is None or len(prediction.probabilities) != len(self.classes):
            return False
        decision = prediction.decision
        word, confidence = (None, None) if decision is None else decision
        cue = self._windows.cue_of(prediction.taken)
        self._keep(TranscriptEntry(prediction.taken, word, confidence, cue))
        return True

    def add_decision(self, event: DecisionEvent) -> bool:
        """Take an event of the engine's decision; return whether it is an entry."""
        if self._windows is not None or event.label is None:
            return False
        self._keep(TranscriptEntry(event.time, event.label, event.confidence, None))
        return True

    def add_rejected(self, now: float, why: str) -> bool:
        """Take a window that was rejected since the last status; return whether it is an entry."""
        if self._windows is None:
            return False
        last = self.entries[-1].time if self.entries else float("-inf")
        over = [(end, cue) for end, cue in self._windows.over(now) if end > last + 0.1]
        end, cue = over[0] if over else (now, None)
        self._keep(TranscriptEntry(end, None, None, cue, why))
        return True

    @property
    def tally(self) -> str:
        """``9 of 11 right (chance 10 %), 2 not sure``; empty before the first."""
        parts = []
        if self.n_judged:
            chance = f"chance {100 / len(self.classes):.0f} %"
            parts.append(f"{self.n_right} of {self.n_judged} right ({chance})")
        if self.n_unsure:
            parts.append(f"{self.n_unsure} not sure")
        return ", ".join(parts)

    def _keep(self, entry: TranscriptEntry) -> None:
        if entry.is_right is not None:
            self.n_judged += 1
            self.n_right += entry.is_right
        self.n_unsure += entry.word is None and not entry.why
        self.entries.append(entry)
        self.entries = self.entries[-_N_KEPT:]


def clock_time(at: float) -> str:
    """Write the time of day of an instant on the LSL clock."""
    return time.strftime("%H:%M:%S", time.localtime(time.time() - local_clock() + at))


class TranscriptView(QWidget):
    """Rows of words that are written like text and scroll when they are full.

    Parameters
    ----------
    windows : CueWindows, optional
        Finds the cue of a window; None where windows slide.
    heading : str
    truth : str
        Stands before the true word: it was asked for, or shown.
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
        self._theme: Theme = DARK
        self.hint = NO_ENGINE
        self.has_engine = False
        self.transcript = Transcript(windows)
        self._truth, self._time_of = truth, time_of
        self._heading = named(QLabel(heading), "dim")
        self._hint = plain(named(QLabel(), "dim"))
        self.tally = named(QLabel(), "dim")
        self.words = QListWidget()
        self.words.setFlow(QListView.Flow.LeftToRight)
        self.words.setWrapping(True)
        self.words.setResizeMode(QListView.ResizeMode.Adjust)
        self.words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.words.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.words.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The newest is in sight once there is room for it.
        self.words.verticalScrollBar().rangeChanged.connect(lambda *_: self.words.scrollToBottom())
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addStretch()
        head.addWidget(self.tally)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 4, 14, 4)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._hint)
        column.addWidget(self.words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(heading.capitalize())
        self.theme = DARK
        self.set_engine(False)

    @property
    def theme(self) -> Theme:
        return self._theme

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._theme = theme
        self.words.setStyleSheet("background: transparent; border: none;")
        entries = self.transcript.entries
        for row in range(self.words.count()):
            self._write(row, entries[row - self.words.count()])

    def set_engine(self, alive: bool) -> None:
        """Show the hint while no engine runs."""
        self.has_engine = alive
        self.refresh()
        self.setFixedHeight(HISTORY_HEIGHT if alive else HINT_HEIGHT)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Take the classes of an engine that was found, and begin again."""
        self.transcript.begin(classes)
        self.words.clear()
        self.set_engine(True)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Take predictions, oldest first."""
        for prediction in predictions:
            if self.transcript.add(prediction):
                self._append()

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """Take the engine's decisions, oldest first."""
        for decision in decisions:
            if self.transcript.add_decision(decision):
                self._append()

    def show_rejected(self, now: float, why: str) -> None:
        """Take a window without a prediction, reported at ``now``, LSL clock."""
        if self.transcript.add_rejected(now, why):
            self._append()

    @property
    def sentence(self) -> str:
        """The newest entry in words."""
        if not self.transcript.entries:
            return "nothing yet"
        newest = self.transcript.entries[-1]
        return f"{_word(newest)}: {self._about(newest)}"

    def _append(self) -> None:
        item = QListWidgetItem()
        self.words.addItem(item)
        self.words.setItemWidget(item, QLabel())
        if self.words.count() > _N_KEPT:
            self.words.takeItem(0)
        last = self.words.count() - 1
        for row in range(max(0, last - 1), last + 1):
            self._write(row, self.transcript.entries[row - last - 1])
        self.refresh()
        self.setAccessibleDescription(self.sentence)

    def _write(self, row: int, entry: TranscriptEntry) -> None:
        theme, item = self.theme, self.words.item(row)
        label = self.words.itemWidget(item)
        assert isinstance(label, QLabel)
        is_doubtful = entry.is_right is False or bool(entry.why)
        ink = theme.warning if is_doubtful else theme.text
        word = f"<b style='font-size: 18px'>{escape(_word(entry))}</b>"
        if entry.word is None:
            word = f"<i style='font-size: 17px; color: {theme.dim}'>{escape(_word(entry))}</i>"
        label.setText(
            f"{word}<br><span style='color: {ink}'>{escape(self._about(entry))}</span><br>"
            f"<span style='color: {theme.dim}'>{self._time_of(entry.time)}</span>"
        )
        newest = row == self.words.count() - 1
        label.setStyleSheet(
            f"font-size: {CAPTION_PX}px; padding: 0 6px; border-radius: 5px; background:"
            f" {theme.window if newest else 'transparent'};"
            f" border: 1px solid {theme.accent if newest else 'transparent'};"
        )
        item.setSizeHint(label.sizeHint())

    def _about(self, entry: TranscriptEntry) -> str:
        """Write the confidence, and whether it was right."""
        truth = f"{self._truth}: {brief(entry.cue)}" if entry.cue is not None else ""
        if entry.why:
            return f"{entry.why}; {truth}" if truth else entry.why
        share = "" if entry.confidence is None else f"{100 * entry.confidence:.0f} %"
        if entry.is_right:
            return f"{_RIGHT} {share}"
        if entry.is_right is False:
            return f"{_WRONG} {truth}"
        return truth or share

    def refresh(self) -> None:
        """Show the words, or why there are none."""
        alive = self.has_engine
        has_words = bool(self.transcript.entries)
        at_cues = " at each cue" if self.transcript.is_cued else ""
        self._hint.setText(f"nothing yet: one{at_cues}" if alive else self.hint)
        self._hint.setVisible(not (alive and has_words))
        self.words.setVisible(alive and has_words)
        self.tally.setText(self.transcript.tally)
        for label in (self._heading, self.tally):
            label.setVisible(alive)


def _word(entry: TranscriptEntry) -> str:
    if entry.why:
        return "rejected"
    return NOT_SURE if entry.word is None else brief(entry.word)
