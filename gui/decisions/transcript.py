"""The words of a running transcript, as the engine decided them."""

from dataclasses import dataclass

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.cue_matching import CueWindows

_MAX, _KEPT = 200, 100


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
        if len(self.entries) > _MAX:
            self.entries = self.entries[-_KEPT:]
