"""The transcript: decided words in order of time, the newest marked."""

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
from gui.decisions.headline import UNDECIDED
from gui.theme import CAPTION_PX
from gui.widgets.labels import HINT_HEIGHT, HISTORY_HEIGHT, NO_ENGINE, plain
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import brief

# Number of words in the list; older words are only counted.
_N_KEPT = 60
_RIGHT, _WRONG = "\u2713", "\u2717"


@dataclass(frozen=True)
class TranscriptEntry:
    """One window: the decided word with its confidence, and the true word if known.

    ``time`` is the end of the window on the LSL clock. ``word`` is None if nothing was decided;
    ``confidence`` and ``cue``, the true word, are None if unknown. ``why`` is the reason if the
    window was rejected, else empty.
    """

    time: float
    word: str | None
    confidence: float | None
    cue: str | None
    why: str = ""

    @property
    def is_right(self) -> bool | None:
        """True if the word is the cue; None if nothing was decided or the cue is unknown."""
        return None if self.word is None or self.cue is None else self.word == self.cue


def clock_time(at: float) -> str:
    """Return the local time of day, as ``14:03:59``, of ``at``, in seconds on the LSL clock."""
    return time.strftime("%H:%M:%S", time.localtime(time.time() - local_clock() + at))


class TranscriptView(Themed, QWidget):
    """Rows of words, wrapped like text, that scroll.

    If the engine decodes one window per cue, ``windows`` finds the cue of each window. Then each
    window is an entry, with the decision in its prediction. If windows slide, ``windows`` is None.
    Then each change of the engine's decision to a word is an entry, without a true word.

    ``truth`` is the text before the true word, such as ``asked`` or ``shown``. ``time_of`` returns
    the text for a time on the LSL clock.
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
        # Scroll to the newest word.
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
        """Show the words if an engine runs (``alive``), else the hint."""
        self.has_engine = alive
        self.refresh()
        self.setFixedHeight(HISTORY_HEIGHT if alive else HINT_HEIGHT)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Set the class names of the engine that was found, and clear the transcript."""
        self.classes = classes
        self.entries: list[TranscriptEntry] = []
        self.n_right = self.n_judged = self._n_unsure = 0
        self.words.clear()
        self.set_engine(True)

    def add_cue(self, time: float, cue: str | None) -> None:
        if self._windows is not None:
            self._windows.add(time, cue)

    def advance(self, now: float) -> None:
        """Do nothing: a transcript has no time axis."""

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Add an entry per prediction, oldest first, if windows are at cues."""
        for each in predictions:
            if self._windows is not None and len(each.probabilities) == len(self.classes):
                word, confidence = each.decision or (None, None)
                cue = self._windows.cue_of(each.taken)
                self.append(TranscriptEntry(each.taken, word, confidence, cue))

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """Add an entry per decided word, oldest first, if windows slide."""
        for each in decisions:
            if self._windows is None and each.label is not None:
                self.append(TranscriptEntry(each.time, each.label, each.confidence, None))

    def show_rejected(self, now: float, why: str) -> None:
        """Add an entry for a rejected window that was reported at ``now``, if windows are at cues.

        ``now`` is in seconds on the LSL clock.
        """
        if self._windows is None:
            return
        last = self.entries[-1].time if self.entries else float("-inf")
        over = [(end, cue) for end, cue in self._windows.over(now) if end > last + 0.1]
        end, cue = over[0] if over else (now, None)
        self.append(TranscriptEntry(end, None, None, cue, why))

    @property
    def sentence(self) -> str:
        """The newest entry, in words."""
        if not self.entries:
            return "nothing yet"
        newest = self.entries[-1]
        return f"{_word(newest)}: {self._about(newest)}"

    def append(self, entry: TranscriptEntry) -> None:
        """Add an entry at the end."""
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
        """Return the second line of an entry: right or wrong, confidence, true word."""
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
        """Show the words, or the hint if there are none."""
        alive, has_words = self.has_engine, bool(self.entries)
        self._hint.setText(self.nothing if alive else self.hint)
        self._hint.setVisible(not (alive and has_words))
        self.words.setVisible(alive and has_words)
        self.tally.setText(self.count())
        for label in (self._heading, self.tally):
            label.setVisible(alive)

    def count(self) -> str:
        """Return ``9 of 11 right (chance 10 %), 2 undecided``; empty before the first."""
        parts = []
        if self.n_judged:
            chance = f"chance {100 / len(self.classes):.0f} %"
            parts.append(f"{self.n_right} of {self.n_judged} right ({chance})")
        if self._n_unsure:
            parts.append(f"{self._n_unsure} undecided")
        return ", ".join(parts)


def _word(entry: TranscriptEntry) -> str:
    if entry.why:
        return "rejected"
    return UNDECIDED if entry.word is None else brief(entry.word)
