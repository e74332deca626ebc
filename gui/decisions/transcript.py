"""The running transcript: decided words in the order they came, the newest marked."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from pylsl import local_clock
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QWidget,
)

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.decision_view import CueWindows
from gui.decisions.headline import NOT_SURE
from gui.theme import CAPTION_PX
from gui.widgets.labels import HINT_HEIGHT, HISTORY_HEIGHT, NO_ENGINE, plain
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed
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


def clock_time(at: float) -> str:
    """Write the time of day of an instant on the LSL clock."""
    return time.strftime("%H:%M:%S", time.localtime(time.time() - local_clock() + at))


class TranscriptView(Themed, QWidget):
    """Rows of words that are written like text and scroll when they are full.

    With one window at each cue every window is an entry, with the decision that its prediction
    carries. Where windows slide, ``windows`` is None: an entry is an event of the engine's decision
    that begins a word; it is compared with no cue.

    ``truth`` stands before the true word: it was asked for, or shown. ``time_of`` writes an instant
    of the LSL clock.
    """

    def __init__(
        self,
        windows: CueWindows | None,
        heading: str = "transcript",
        truth: str = "asked",
        time_of: Callable[[float], str] = clock_time,
    ) -> None:
        super().__init__()
        self.hint = NO_ENGINE
        self.nothing = "nothing yet: one at each cue" if windows is not None else "nothing yet"
        self.has_engine = False
        self._windows, self._truth, self._time_of = windows, truth, time_of
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
        parts = row_of(self._heading, None, self.tally), self._hint, (self.words, 1)
        self.setLayout(column_of(*parts, margins=(14, 4, 14, 4), spacing=2))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(heading.capitalize())
        self.words.setStyleSheet("background: transparent; border: none;")
        self.set_classes(())
        self.set_engine(False)

    def apply_theme(self) -> None:
        for row in range(len(self.entries)):
            self._write(row)

    def set_engine(self, alive: bool) -> None:
        """Show the hint while no engine runs."""
        self.has_engine = alive
        self.refresh()
        self.setFixedHeight(HISTORY_HEIGHT if alive else HINT_HEIGHT)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Take the classes of an engine that was found, and begin again."""
        self.classes = classes
        self.entries: list[TranscriptEntry] = []
        self.n_right = self.n_judged = self._n_unsure = 0
        self.words.clear()
        self.set_engine(True)

    def add_cue(self, time: float, cue: str | None) -> None:
        if self._windows is not None:
            self._windows.add(time, cue)

    def advance(self, now: float) -> None:
        """Nothing moves here."""

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Take predictions, oldest first."""
        for each in predictions:
            if self._windows is not None and len(each.probabilities) == len(self.classes):
                word, confidence = each.decision or (None, None)
                cue = self._windows.cue_of(each.taken)
                self.append(TranscriptEntry(each.taken, word, confidence, cue))

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """Take the engine's decisions, oldest first."""
        for each in decisions:
            if self._windows is None and each.label is not None:
                self.append(TranscriptEntry(each.time, each.label, each.confidence, None))

    def show_rejected(self, now: float, why: str) -> None:
        """Take a window without a prediction, reported at ``now``, LSL clock."""
        if self._windows is None:
            return
        last = self.entries[-1].time if self.entries else float("-inf")
        over = [(end, cue) for end, cue in self._windows.over(now) if end > last + 0.1]
        end, cue = over[0] if over else (now, None)
        self.append(TranscriptEntry(end, None, None, cue, why))

    @property
    def sentence(self) -> str:
        """The newest entry in words."""
        if not self.entries:
            return "nothing yet"
        newest = self.entries[-1]
        return f"{_word(newest)}: {self._about(newest)}"

    def append(self, entry: TranscriptEntry) -> None:
        """Show one more entry."""
        if entry.is_right is not None:
            self.n_judged += 1
            self.n_right += entry.is_right
        self._n_unsure += entry.word is None and not entry.why
        self.entries.append(entry)
        item = QListWidgetItem()
        self.words.addItem(item)
        self.words.setItemWidget(item, QLabel())
        if len(self.entries) > _N_KEPT:
            self.words.takeItem(0)
            del self.entries[0]
        for row in range(max(0, len(self.entries) - 2), len(self.entries)):
            self._write(row)
        self.refresh()
        self.setAccessibleDescription(self.sentence)

    def _write(self, row: int) -> None:
        theme, entry, item = self.theme, self.entries[row], self.words.item(row)
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
        is_newest = entry is self.entries[-1]
        ground, border = (theme.window, theme.accent) if is_newest else ["transparent"] * 2
        label.setStyleSheet(
            f"font-size: {CAPTION_PX}px; padding: 0 6px; border-radius: 5px;"
            f" background: {ground}; border: 1px solid {border};"
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
        alive, has_words = self.has_engine, bool(self.entries)
        self._hint.setText(self.nothing if alive else self.hint)
        self._hint.setVisible(not (alive and has_words))
        self.words.setVisible(alive and has_words)
        self.tally.setText(self.count())
        for label in (self._heading, self.tally):
            label.setVisible(alive)

    def count(self) -> str:
        """``9 of 11 right (chance 10 %), 2 not sure``; empty before the first."""
        parts = []
        if self.n_judged:
            chance = f"chance {100 / len(self.classes):.0f} %"
            parts.append(f"{self.n_right} of {self.n_judged} right ({chance})")
        if self._n_unsure:
            parts.append(f"{self._n_unsure} not sure")
        return ", ".join(parts)


def _word(entry: TranscriptEntry) -> str:
    if entry.why:
        return "rejected"
    return NOT_SURE if entry.word is None else brief(entry.word)
