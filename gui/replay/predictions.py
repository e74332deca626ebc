"""Predictions and decisions of a model over a recording, from ``bci evaluate``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bci.decisions import Decision
from bci.messages import PredictedEvent

# Number of hops for which a prediction is valid; a later next one leaves a gap.
_MISSED_HOPS = 1.5


@dataclass(frozen=True)
class Predictions:
    """Predictions of one recording, one per window.

    ``times``, shape (n,), are the times of each window's last sample, in seconds of the recording.
    ``probabilities`` have the shape (n, n_classes). ``decisions`` has at least n entries, one at
    the end of each window, None until enough evidence is gathered. ``hop_s`` is the time from one
    window to the next, in seconds.
    """

    classes: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    decisions: Sequence[Decision | None]
    hop_s: float = 0.1

    @classmethod
    def none(cls, classes: tuple[str, ...], hop_s: float = 0.1) -> "Predictions":
        """Return an object without predictions, for a model with these classes."""
        return cls(classes, np.empty(0), np.empty((0, len(classes))), (), hop_s)

    def with_events(self, events: list[PredictedEvent]) -> "Predictions":
        """Return a copy with further windows; those with other classes are left out."""
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
        """The time in seconds for which a prediction is valid after its window's end."""
        return _MISSED_HOPS * self.hop_s

    def number_at(self, position: float) -> int | None:
        """Return the index of the prediction valid at ``position``, None without one."""
        k = int(np.searchsorted(self.times, position, side="right")) - 1
        return k if k >= 0 and position - self.times[k] <= self.hold_s else None

    def held_since(self, number: int) -> float | None:
        """Return the time since which the decision is that of prediction ``number``.

        None if no decision is made there.
        """
        now = self.decisions[number]
        if now is None:
            return None
        first = number
        while first > 0 and (before := self.decisions[first - 1]) and before.label == now.label:
            first -= 1
        return float(self.times[first])
