"""Predictions and decisions of a model over a recording, as ``bci evaluate`` makes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bci.decisions import Decision
from bci.messages import PredictedEvent

# A prediction is missed where the next one comes later than so many hops.
_MISSED_HOPS = 1.5


@dataclass(frozen=True)
class Predictions:
    """Predictions of one recording, one a window.

    ``times``, (n,), are when each window's last sample was taken, in seconds of the recording;
    ``probabilities`` are (n, n_classes). ``decisions`` are those at the end of each window, None
    until the evidence is whole; at least n. ``hop_s`` is from one window to the next.
    """

    classes: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    decisions: Sequence[Decision | None]
    hop_s: float = 0.1

    @classmethod
    def none(cls, classes: tuple[str, ...], hop_s: float = 0.1) -> "Predictions":
        """No predictions yet of a model."""
        return cls(classes, np.empty(0), np.empty((0, len(classes))), (), hop_s)

    def with_events(self, events: list[PredictedEvent]) -> "Predictions":
        """Add windows in their order; those of other classes are left out."""
        events = [each for each in events if len(each.probabilities) == len(self.classes)]
        decisions = [
            None if each.confidence is None else Decision(each.decision, each.confidence)
            for each in events
        ]
        added = np.array([each.probabilities for each in events]).reshape(-1, len(self.classes))
        return replace(
            self,
            times=np.append(self.times, [each.time for each in events]),
            probabilities=np.vstack([self.probabilities, added]),
            decisions=[*self.decisions, *decisions],
        )

    @property
    def hold_s(self) -> float:
        """The longest time that a prediction stands for; later ones are missed."""
        return _MISSED_HOPS * self.hop_s

    def number_at(self, position: float) -> int | None:
        """Number the prediction that holds at a position; None where none does."""
        k = int(np.searchsorted(self.times, position, side="right")) - 1
        return k if k >= 0 and position - self.times[k] <= self.hold_s else None

    def held_since(self, number: int) -> float | None:
        """Return the time from which on the decision was the same as at a prediction.

        None where there is no decision yet.
        """
        now = self.decisions[number]
        if now is None:
            return None
        first = number
        while first > 0 and (before := self.decisions[first - 1]) and before.label == now.label:
            first -= 1
        return float(self.times[first])
