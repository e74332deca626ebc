"""Comparison of live predictions and decisions with those of the second decoding."""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bci.decisions import DecisionEvent, RunningDecision
from bci.engine.running_model import Decoded
from bci.lsl.engine_streams import UNDECIDED
from bci.verification.again import Again, SecondDecoding
from bci.verification.session import LivePrediction, LiveRun

# Decimal places of the confidence in an event's text.
_DIGITS = 4
# Accuracy, in seconds, of the time of a window without a live prediction.
_APART_S = 1e-3


class Difference(NamedTuple):
    """The first difference; ``time_s`` is in seconds from the first prediction."""

    time_s: float
    sentence: str


@dataclass
class SessionComparison:
    """Numbers of compared and of identical results, and the first differences.

    Equal means identical to the bit.
    """

    windows: int = 0  # Compared windows
    equal: int = 0  # Windows with equal predictions
    # Windows without a live prediction, up to the number that the engine skipped as too late
    skipped: int = 0
    missing: int = 0  # Further windows without a live prediction
    extra: int = 0  # Live predictions without a window in the second decoding
    left_out: int = 0  # Live predictions that depend on samples that the recording lacks
    decisions: int = 0  # Compared decision events
    decisions_equal: int = 0
    decisions_left_out: int = 0  # Live decision events that depend on samples that are missing
    states: int = 0  # Compared states of the adaptation
    states_equal: int = 0
    first: Difference | None = None
    first_decision: Difference | None = None
    first_state: Difference | None = None

    @property
    def all_equal(self) -> bool:
        """True if nothing differs."""
        return (
            self.windows == self.equal
            and self.decisions == self.decisions_equal
            and self.states == self.states_equal
            and not self.missing
            and not self.extra
        )


def compare(run: LiveRun, second: SecondDecoding, n_skipped: int) -> SessionComparison:
    """Compare a run's predictions and decisions with the second decoding.

    ``n_skipped`` is the number of windows that the engine skipped.
    """
    found = SessionComparison()
    decisions = _Decisions(run, found, second.signal.placement.is_whole)
    start = run.predictions[0].time if run.predictions else 0.0
    unpublished: list[float] = []
    pending: list[float] = []
    for again in second.windows():
        if again.live is None:
            # The recording may end before the engine, so only windows between two live
            # predictions count as unpublished.
            if again.decoded is None and again.comparable:
                pending.append(again.time + second.matches.offset - start)
        else:
            unpublished += pending
            pending = []
            if again.comparable:
                _compare_window(found, again, again.live, again.live.time - start)
            else:
                found.left_out += 1
        if again.decoded is not None and run.events is not None:
            decisions.add(again, again.decoded)
    found.skipped = min(len(unpublished), n_skipped)
    found.missing = len(unpublished) - found.skipped
    # Skipped windows cannot be distinguished from missing ones, so they are subtracted by number.
    if found.missing and not found.skipped:
        at_s = unpublished[0]
        if found.first is None or at_s < found.first.time_s:
            found.first = Difference(at_s, f"the window at {at_s:.3f} s has no live prediction")
    for time in second.matches.unmatched:
        if any(begin <= time <= end for begin, end in second.spans):
            found.extra += 1
            at_s = time + second.matches.offset - start
            found.first = found.first or Difference(
                at_s, f"the prediction at {at_s:.3f} s: the recording gives no such window"
            )
        else:
            found.left_out += 1
    _take_states(found, second, start)
    return found


def _take_states(found: SessionComparison, second: SecondDecoding, start: float) -> None:
    found.states, found.states_equal = second.states.compared, second.states.equal
    if (first := second.states.first) is not None:
        at_s = 0.0 if first.time is None else first.time + second.matches.offset - start
        when = "" if first.time is None else f" (after the window at {at_s:.3f} s)"
        found.first_state = Difference(at_s, f"{first.sentence}{when}")


def _compare_window(
    found: SessionComparison, again: Again, live: LivePrediction, at_s: float
) -> None:
    found.windows += 1
    prediction = again.prediction
    probabilities = prediction.probabilities.astype(np.float32)
    if prediction.classes != live.classes:
        difference = f"its classes were {', '.join(live.classes):.100} live"
    elif probabilities.tobytes() != live.probabilities.tobytes():
        most = float(np.max(np.abs(probabilities - live.probabilities)))
        difference = f"probabilities differ by up to {most:.3g}"
    elif not _same_similarities(again, live):
        difference = "similarities differ"
    elif again.decidable and not _same_decision(again, live):
        difference = "the decision at its end differs"
    else:
        found.equal += 1
        return
    sentence = f"the window at {at_s:.3f} s ({again.card.name}): {difference}"
    found.first = found.first or Difference(at_s, sentence)


def _same_similarities(again: Again, live: LivePrediction) -> bool:
    similar = again.prediction.similarities
    if similar is None or not len(live.similarities):
        return True
    return similar.astype(np.float32).tobytes() == live.similarities.tobytes()


def _same_decision(again: Again, live: LivePrediction) -> bool:
    if again.decoded is None or not len(live.decision):
        return True
    channels = np.full(2, np.nan, dtype=np.float32)
    if (decision := again.decoded.decision) is not None:
        label = decision.label
        channels[:] = UNDECIDED if label is None else live.classes.index(label), decision.confidence
    return np.array_equal(channels, live.decision, equal_nan=True)


class _Decisions:
    """Compare the live decision events with those that the second decoding gives."""

    def __init__(self, run: LiveRun, found: SessionComparison, is_whole: bool) -> None:
        self._events = deque(run.events or ())
        self._times = {prediction.time for prediction in run.predictions}
        self._start = run.predictions[0].time if run.predictions else 0.0
        self._found = found
        self._is_known = is_whole
        self._running = RunningDecision()
        while self._events and self._events[0].time not in self._times:
            # The event belongs to a window whose prediction was not recorded.
            self._running.label = self._events.popleft().label
            self._is_known = True

    def add(self, again: Again, decoded: Decoded) -> None:
        """Process the next window and compare its decision event."""
        taken = decoded.prediction.taken
        apart_s = _APART_S if again.live is None else 0.0
        self._until(taken - apart_s, again.live.published if again.live else taken - apart_s)
        before = self._running.label
        event = self._running.add(decoded.decision, taken, again.card.pipeline.at_cues)
        live = None
        if self._events and abs(self._events[0].time - taken) <= apart_s:
            live = self._events.popleft()
        if again.live is None:
            self._running.label = self._running.label if live is None else live.label
            return
        if self._is_known and again.decidable and (live is not None or event is not None):
            self._count(event, live, taken)
        elif live is not None:
            self._found.decisions_left_out += 1
        # Continue from the live state, so that one difference is not counted again.
        self._running.label = before if live is None else live.label
        self._is_known = self._is_known or live is not None

    def _until(self, time: float, published: float) -> None:
        """Process the live events before the window at ``time``, published at ``published``."""
        while self._events:
            event = self._events[0]
            of_window = event.time in self._times
            if event.time >= (time if of_window else published):
                return
            self._events.popleft()
            again = self._running.end(event.time)
            # A timeout ended the decision: windows stopped, or another model took over. An event
            # with a confidence belongs to a window whose prediction was not recorded.
            if not of_window and self._is_known and event.confidence is None:
                self._count(again, event, event.time)
            self._running.label = event.label
            self._is_known = True

    def _count(self, again: DecisionEvent | None, live: DecisionEvent | None, time: float) -> None:
        self._found.decisions += 1
        if again is not None and live is not None and _compared(again) == _compared(live):
            self._found.decisions_equal += 1
        elif self._found.first_decision is None:
            at_s = time - self._start
            self._found.first_decision = Difference(
                at_s, f"the decision at {at_s:.3f} s: {_named(live)} live, {_named(again)} again"
            )


def _compared(event: DecisionEvent) -> tuple[object, ...]:
    sure = None if event.confidence is None else round(event.confidence, _DIGITS)
    return event.event, event.label, event.ended, sure, event.time


def _named(event: DecisionEvent | None) -> str:
    if event is None:
        return "no event"
    sure = "" if event.confidence is None else f" ({event.confidence:.{_DIGITS}f})"
    return f"{event.event} {event.label or event.ended}{sure}"
