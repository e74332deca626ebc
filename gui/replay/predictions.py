"""Predictions and decisions of a model over a recording, as ``bci evaluate`` makes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.decisions import Decision
from bci.messages import PredictedEvent

_FIRST_ROOM = 1024
# A prediction is missed where the next one comes later than so many hops.
_MISSED_HOPS = 1.5


@dataclass(frozen=True)
class Predictions:
    """Predictions of one recording, one a window.

    Parameters
    ----------
    classes : tuple of str
    times : ndarray, shape (n,)
        When each window's last sample was taken, in seconds of the recording.
    probabilities : ndarray, shape (n, n_classes)
    decisions : sequence of Decision or None
        At the end of each window; None until the evidence is whole. At least n.
    hop_s : float
        From one window to the next.
    """

    classes: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    decisions: Sequence[Decision | None]
    hop_s: float = 0.1

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
        while first > 0 and _is_same(self.decisions[first - 1], now):
            first -= 1
        return float(self.times[first])


def _is_same(before: Decision | None, now: Decision) -> bool:
    return before is not None and before.label == now.label


class PredictionsSoFar:
    """Takes the events of an evaluation, one window after another.

    Parameters
    ----------
    classes : tuple of str
        Of the model.
    hop_s : float
        From one window to the next.
    """

    def __init__(self, classes: tuple[str, ...], hop_s: float = 0.1) -> None:
        self._classes, self._hop_s = classes, hop_s
        self._n = 0
        self._times = np.empty(_FIRST_ROOM)
        self._probabilities = np.empty((_FIRST_ROOM, len(classes)))
        self._decisions: list[Decision | None] = []

    def __len__(self) -> int:
        return self._n

    def add(self, event: PredictedEvent) -> None:
        """Take a window; one of other classes is left out."""
        if len(event.probabilities) != len(self._classes):
            return
        if self._n == len(self._times):
            # What was handed out before keeps its own arrays.
            self._times = np.concatenate([self._times, self._times])
            self._probabilities = np.concatenate([self._probabilities, self._probabilities])
        self._times[self._n] = event.time
        self._probabilities[self._n] = event.probabilities
        confidence = event.confidence
        self._decisions.append(None if confidence is None else Decision(event.decision, confidence))
        self._n += 1

    @property
    def so_far(self) -> Predictions:
        """The predictions until now; they stay as they are."""
        n = self._n
        return Predictions(
            self._classes, self._times[:n], self._probabilities[:n], self._decisions, self._hop_s
        )
