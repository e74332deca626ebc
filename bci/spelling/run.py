"""State machine of one selection after another; the caller passes the time."""

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
"""Label of the marker of a symbol that is undone."""


class SpellingState(StrEnum):
    """States of a run, in order."""

    READY = "ready"  # Not started, or paused
    TARGET = "target"  # The next symbol is shown; in free spelling, the person chooses one
    STIMULATION = "stimulation"
    COLLECTING = "collecting"  # The stimulation is over, but predictions may still arrive
    FEEDBACK = "feedback"  # The selected symbol is shown
    OVER = "over"


class SelectionEvidence(Protocol):
    """Evidence of one selection, by flashes (`FlashEvidence`) or by flicker (`FlickerEvidence`)."""

    @property
    def posterior(self) -> Probabilities:
        """Probability of each symbol so far, (n_symbols,)."""

    @property
    def verdict(self) -> Verdict | None: ...

    def shown(self, time: float, label: str) -> None:
        """Add a marker of the stimulation; ``time`` is in seconds on the LSL clock."""

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> Verdict | None:
        """Add a prediction, ``probabilities`` (n_classes,) in the decoder's order.

        ``taken`` is the time of its window's last sample, in seconds on the LSL clock. Returns the
        verdict if the selection is decided, else None.
        """

    def give_up(self) -> Verdict | None:
        """End the wait; return the verdict of the evidence so far, None without evidence."""


@dataclass(frozen=True, slots=True)
class RunTiming:
    """Lengths of the states, in seconds.

    ``target_s`` is the time before the stimulation, ``feedback_s`` the time of the feedback.
    ``wait_s`` is the longest wait for predictions after the stimulation.
    """

    target_s: float = 2.0
    wait_s: float = 2.0
    feedback_s: float = 1.5


@dataclass(frozen=True, slots=True)
class Selected:
    """One finished selection.

    ``symbol`` is None if no prediction arrived. ``target`` is None in free spelling. ``text`` is
    the whole text after the selection. ``undone`` is True if an error potential undid it.
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
    """Run of selections that copies a text or spells freely.

    The caller owns screen and streams. At each frame it calls `advance` with the time and sends
    the returned markers. It passes the markers' true times to `shown`, and predictions to
    `received`.

    Parameters
    ----------
    text : SpelledText
    stimulation : Stimulation
    evidence_for : callable, optional
        Called with the prior (n_symbols,); returns the evidence of a selection. Without it,
        nothing is decided, as in calibration.
    prior_after : callable, optional
        Called with the text before the symbol; returns the prior (n_symbols,). See
        `bci.spelling.language.prior_after`.
    timing : RunTiming
    errors : ErrorRule, optional
        Rule by which `error_received` undoes a selection.
    on_selected : callable
        Called with each finished selection; called again, with ``undone``, if it is undone.
    max_selections : int, optional
        Number of selections after which a free run ends.
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
        self.selected: Selected | None = None  # The newest finished selection
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
        """Symbol to attend to; None in free spelling and between selections."""
        return self._target if self.state in _WITH_TARGET else None

    @property
    def posterior(self) -> Probabilities | None:
        """Probability of each symbol in this selection, (n_symbols,); None without evidence."""
        return None if self.evidence is None else self.evidence.posterior

    def start(self, now: float) -> tuple[str, ...]:
        """Start, or continue after `interrupt`; return the labels of this frame's markers.

        ``now`` is the time of the frame, in seconds on the LSL clock. The result is empty if the
        run is under way or over.
        """
        return self._next(now) if self.state == SpellingState.READY else ()

    def interrupt(self) -> tuple[str, ...]:
        """Pause, and return the labels of markers; `start` repeats the interrupted selection."""
        if self.state in (SpellingState.READY, SpellingState.OVER):
            return ()
        broken_off = self.state != SpellingState.FEEDBACK
        self.state, self.evidence, self._asks_again = SpellingState.READY, None, False
        return (INTERRUPTED,) if broken_off else ()

    def end(self) -> tuple[str, ...]:
        """End the run and interrupt its selection; return the labels of markers."""
        labels = self.interrupt()
        self.state = SpellingState.OVER
        return labels

    def undo(self) -> str | None:
        """Undo the last selection, by the user's key; return its symbol, None if there is none.

        In free spelling the present selection continues. When copying a text, the next frame
        interrupts it, because the undone symbol is the target again.
        """
        taken = self.text.undo()
        self._asks_again = taken is not None and self.text.copies and self.state in _UNDECIDED
        return taken

    def advance(self, now: float) -> tuple[str, ...]:
        """Advance to the frame at ``now``; return the labels of its markers.

        ``now`` is in seconds on the LSL clock.
        """
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
        """Pass markers to the evidence; ``time`` is that of their frame, in seconds (LSL clock)."""
        if self.evidence is not None:
            for label in labels:
                self.evidence.shown(time, label)

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> None:
        """Pass a prediction to the evidence; arguments as for `SelectionEvidence.received`."""
        if self.evidence is not None and self.state in (
            SpellingState.STIMULATION,
            SpellingState.COLLECTING,
        ):
            self.evidence.received(taken, probabilities)

    def error_received(self, log_ratio: float) -> bool:
        """Process the brain's response to the feedback; return whether it undoes the selection.

        ``log_ratio`` is its log likelihood ratio, error against correct.
        """
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
