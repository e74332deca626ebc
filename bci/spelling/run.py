"""One selection after another, as a state machine that is given the time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bci.spelling.errors import ErrorRule
from bci.spelling.posterior import Probabilities, Verdict, uniform
from bci.spelling.stimulation import Stimulation
from bci.spelling.text import SpelledText

INTERRUPTED = "interrupted"
UNDONE = "undo"
"""Label of the marker of a symbol that is taken back."""


class SpellingState(StrEnum):
    """States of a run, in order."""

    READY = "ready"  # Not begun, or paused
    TARGET = "target"  # The next symbol is shown, or the person chooses one
    STIMULATION = "stimulation"
    COLLECTING = "collecting"  # The stimulation is over, predictions are on their way
    FEEDBACK = "feedback"  # The selected symbol is shown
    OVER = "over"


class SelectionEvidence(Protocol):
    """Evidence of one selection: by flashes (`bci.spelling.flash_evidence`) or by windows."""

    @property
    def posterior(self) -> Probabilities:
        """Probability of each symbol so far, (n_symbols,)."""

    @property
    def verdict(self) -> Verdict | None: ...

    def shown(self, time: float, label: str) -> None:
        """Take note of a marker of the stimulation, at its time on the LSL clock."""

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> Verdict | None:
        """Take a prediction, at the time of its window's last sample."""

    def give_up(self) -> Verdict | None:
        """Wait no longer; return what there is evidence for, None if there is none at all."""


@dataclass(frozen=True, slots=True)
class RunTiming:
    """Lengths of the states, in seconds.

    ``wait_s`` is the longest wait for predictions after the stimulation.
    """

    target_s: float = 2.0
    wait_s: float = 2.0
    feedback_s: float = 1.5


@dataclass(frozen=True, slots=True)
class Selected:
    """One selection that is over.

    ``symbol`` is None where no prediction came. ``target`` is None where the person spells
    freely. ``text`` is all that is spelled after it; ``undone``: an error potential took it back.
    """

    number: int
    symbol: str | None
    target: str | None
    verdict: Verdict | None
    text: str
    began: float
    ended: float
    undone: bool = False


class SelectionRun:
    """Copies a text, or spells freely, symbol by symbol.

    It knows neither screen nor stream. Each frame calls `advance` with its time and sends the
    returned markers; `shown` takes their true times; `received` takes predictions.

    Parameters
    ----------
    text : SpelledText
    stimulation : Stimulation
    evidence_for : callable, optional
        Given the prior (n_symbols,), makes the evidence of a selection. Without it nothing is
        decided: calibration.
    prior_after : callable, optional
        Given the text that the symbol follows, makes the prior; see
        `bci.spelling.language.prior_after`.
    timing : RunTiming
    errors : ErrorRule, optional
        Takes a selection back by `error_received`.
    on_selected : callable
        Given each selection that is over; once more, with ``undone``, where it is taken back.
    max_selections : int, optional
        Ends a free run.
    """

    def __init__(
        self,
        text: SpelledText,
        stimulation: Stimulation,
        evidence_for: Callable[[Probabilities], SelectionEvidence] | None = None,
        prior_after: Callable[[str], Probabilities] | None = None,
        timing: RunTiming | None = None,
        errors: ErrorRule | None = None,
        on_selected: Callable[[Selected], None] = lambda _selected: None,
        max_selections: int | None = None,
    ) -> None:
        self.text = text
        self.stimulation = stimulation
        self.timing = timing or RunTiming()
        self.state = SpellingState.READY
        self.number = 0  # Of the selection, from 1
        self.n_failed = 0  # Selections without any prediction
        self.evidence: SelectionEvidence | None = None
        self.selected: Selected | None = None  # The newest selection that is over
        self._evidence_for = evidence_for
        self._prior_after = prior_after or (lambda _text: uniform(text.grid.n_symbols))
        self._errors = errors
        self._on_selected = on_selected
        self._max_selections = max_selections
        self._since = self._began = 0.0
        self._judged = False
        self._asks_again = False

    @property
    def target(self) -> str | None:
        """Symbol to attend to; None where the person chooses."""
        return self._target if self.state in _WITH_TARGET else None

    @property
    def posterior(self) -> Probabilities | None:
        """Probability of each symbol in this selection; None where nothing is decided."""
        return None if self.evidence is None else self.evidence.posterior

    def start(self, now: float) -> tuple[str, ...]:
        """Begin, or continue after `interrupt`; return the markers of this frame."""
        return self._next(now) if self.state == SpellingState.READY else ()

    def interrupt(self) -> tuple[str, ...]:
        """Pause: the selection under way is broken off, and begins again with `start`."""
        if self.state in (SpellingState.READY, SpellingState.OVER):
            return ()
        broken_off = self.state != SpellingState.FEEDBACK
        self.state, self.evidence, self._asks_again = SpellingState.READY, None, False
        return (INTERRUPTED,) if broken_off else ()

    def end(self) -> tuple[str, ...]:
        """End the run; a selection under way is broken off."""
        labels = self.interrupt()
        self.state = SpellingState.OVER
        return labels

    def undo(self) -> str | None:
        """Take the last selection back, by key; return its symbol.

        A free selection under way continues. One of a text to copy is broken off by the next frame,
        since the symbol taken back is asked for again.
        """
        taken = self.text.undo()
        self._asks_again = taken is not None and self.text.copies and self.state in _UNDECIDED
        return taken

    def advance(self, now: float) -> tuple[str, ...]:
        """Go on to the frame at ``now``, LSL clock; return the labels of its markers."""
        if self._asks_again:
            return (INTERRUPTED, *self._next(now))
        elapsed = now - self._since
        match self.state:
            case SpellingState.TARGET if elapsed >= self.timing.target_s:
                self.stimulation.begin(self._target_number())
                self._enter(SpellingState.STIMULATION, now)
                return tuple(self.stimulation.advance(0.0))
            case SpellingState.STIMULATION:
                if self._verdict is not None:
                    return self._conclude(now)
                labels = tuple(self.stimulation.advance(elapsed))
                if self.stimulation.is_over:
                    self._enter(SpellingState.COLLECTING, now)
                return labels
            case SpellingState.COLLECTING:
                return self._collect(now, elapsed)
            case SpellingState.FEEDBACK if elapsed >= self.timing.feedback_s:
                return self._next(now)
        return ()

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Take the time at which markers were shown, on the LSL clock."""
        if self.evidence is not None:
            for label in labels:
                self.evidence.shown(time, label)

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> None:
        """Take a prediction; ``taken`` is the time of its window's last sample."""
        if self.evidence is not None and self.state in (
            SpellingState.STIMULATION,
            SpellingState.COLLECTING,
        ):
            self.evidence.received(taken, probabilities)

    def error_received(self, log_ratio: float) -> bool:
        """Take the response to the feedback: error against correct; return whether it undoes."""
        selected = self.selected
        if self._errors is None or self.state != SpellingState.FEEDBACK or self._judged:
            return False
        self._judged = True
        if selected is None or selected.verdict is None:
            return False
        if not self._errors.undoes(selected.verdict.confidence, log_ratio):
            return False
        self.text.undo()
        self._tell(selected.symbol, selected.verdict, selected.ended, undone=True)
        return True

    @property
    def _verdict(self) -> Verdict | None:
        return None if self.evidence is None else self.evidence.verdict

    def _next(self, now: float) -> tuple[str, ...]:
        self.evidence, self._asks_again = None, False
        is_last = self._max_selections is not None and self.number >= self._max_selections
        if self.text.is_copied or (is_last and not self.text.copies):
            self.state = SpellingState.OVER
            return ()
        self.number += 1
        self._target = self.text.next_target
        self._began = now
        if self._evidence_for is not None:
            self.evidence = self._evidence_for(self._prior_after(self.text.before))
        self._enter(SpellingState.TARGET, now)
        goal = "" if self._target is None else f"/{self._target}"
        return (f"selection/{self.number}{goal}",)

    def _target_number(self) -> int | None:
        return None if self._target is None else self.text.grid.number(self._target)

    def _collect(self, now: float, elapsed: float) -> tuple[str, ...]:
        if self.evidence is None:
            self.text.skip()
            return self._next(now)
        if self._verdict is None and elapsed >= self.timing.wait_s:
            self.evidence.give_up()
            if self._verdict is None:
                self.n_failed += 1
                self._tell(None, None, now)
                return self._next(now)
        return self._conclude(now) if self._verdict is not None else ()

    def _conclude(self, now: float) -> tuple[str, ...]:
        verdict = self._verdict
        assert verdict is not None
        symbol = self.text.grid.symbols[verdict.number]
        self.text.add(symbol)
        self._tell(symbol, verdict, now)
        self._judged = False
        self._enter(SpellingState.FEEDBACK, now)
        if self._target is None:
            return (f"feedback/{symbol}",)
        return (f"feedback/{'correct' if symbol == self._target else 'error'}/{symbol}",)

    def _tell(
        self, symbol: str | None, verdict: Verdict | None, now: float, undone: bool = False
    ) -> None:
        self.selected = Selected(
            self.number, symbol, self._target, verdict, self.text.text, self._began, now, undone
        )
        self._on_selected(self.selected)

    def _enter(self, state: SpellingState, now: float) -> None:
        self.state = state
        self._since = now


_UNDECIDED = (SpellingState.TARGET, SpellingState.STIMULATION, SpellingState.COLLECTING)
_WITH_TARGET = (*_UNDECIDED, SpellingState.FEEDBACK)
