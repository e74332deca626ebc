"""What was decided, window after window: the words of a running transcript."""

from dataclasses import dataclass

from bci.decisions import DecisionEvent
from bci.lsl.predictions import ReceivedPrediction
from gui.cue_windows import CueWindows
from gui.decision_rule import DecisionRule

_MOST, _KEPT = 200, 100


@dataclass(frozen=True)
class Said:
    """One window: the likeliest word with its probability, and the true one where it is known.

    ``time`` is when the window ended, on the LSL clock. ``why`` is given instead of a word where
    the window was rejected, ``probability`` is None where it is not known.
    """

    time: float
    word: str
    probability: float | None
    is_sure: bool
    cue: str | None
    why: str = ""

    @property
    def is_right(self) -> bool | None:
        """None where nothing was decided, or the truth is not known."""
        return self.word == self.cue if self.is_sure and self.cue is not None else None


class Transcript:
    """Takes predictions and cues and keeps what was said.

    With one window at each cue every window is an entry. Where windows slide, a word is one when
    the decision changes to it, and is not held against any cue. Where decisions are taken over
    more than a window, they are the engine's, whose probabilities are not known.

    Parameters
    ----------
    windows : CueWindows, optional
        Finds the cue of a window; None where windows slide.
    threshold : float
        Least probability of a word that is decided.
    """

    def __init__(self, windows: CueWindows | None, threshold: float) -> None:
        self._windows, self.rule = windows, DecisionRule(threshold)
        self.begin(())

    def begin(self, classes: tuple[str, ...]) -> None:
        """Nothing was said yet of these words."""
        self.classes = classes
        self.said: list[Said] = []
        self.n_right = self.n_judged = self.n_unsure = 0
        self._running = ""

    @property
    def is_cued(self) -> bool:
        """Whether there is one window at each cue."""
        return self._windows is not None

    def add(self, prediction: ReceivedPrediction) -> bool:
        """Take a prediction; whether it is an entry."""
        shares = prediction.probabilities
        gathers = bool(self.rule.evidence_s) and self._windows is None
        if gathers or not self.classes or len(shares) != len(self.classes):
            return False
        best = int(shares.argmax())
        word, probability = self.classes[best], float(shares[best])
        sure = probability >= self.rule.threshold
        cue = None
        if self._windows is not None:
            cue = self._windows.cue_of(prediction.taken)
        else:
            before, self._running = self._running, word if sure else ""
            if self._running in ("", before):
                return False
        self._keep(Said(prediction.taken, word, probability, sure, cue))
        return True

    def decide(self, decision: DecisionEvent) -> bool:
        """Take a decision of the engine; whether it is an entry."""
        if not self.rule.evidence_s or self._windows is not None or decision.label is None:
            return False
        self._keep(Said(decision.time, decision.label, None, True, None))
        return True

    def reject(self, now: float, why: str) -> bool:
        """A window was rejected since the last status; whether that is an entry."""
        if self._windows is None:
            return False
        last = self.said[-1].time if self.said else float("-inf")
        over = [(end, cue) for end, cue in self._windows.over(now) if end > last + 0.1]
        end, cue = over[0] if over else (now, None)
        self._keep(Said(end, "", 0.0, False, cue, why))
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

    def _keep(self, said: Said) -> None:
        if said.is_right is not None:
            self.n_judged += 1
            self.n_right += said.is_right
        self.n_unsure += not (said.is_sure or said.why)
        self.said.append(said)
        if len(self.said) > _MOST:
            self.said = self.said[-_KEPT:]
