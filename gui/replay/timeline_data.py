"""Predictions over time as columns of pixels, and where there are none."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gui.replay.predictions import Predictions

# A prediction is missed where the next one comes later than so many hops.
_MISSED = 1.5


def shares(
    predictions: Predictions, hop_s: float, start: float, stop: float, width: int
) -> NDArray[np.float64]:
    """Mean probability of each class in each column; NaN where no prediction holds.

    A prediction holds from the end of its window, when it was known, for one hop.

    Parameters
    ----------
    predictions : Predictions
    hop_s : float
    start, stop : float
        Times of the left and the right edge.
    width : int
        Columns.

    Returns
    -------
    shares : ndarray, shape (width, n_classes)
    """
    n = len(predictions.times)
    edges = np.linspace(start, stop, width + 1)
    first = np.searchsorted(predictions.times, edges[:-1])
    last = np.searchsorted(predictions.times, edges[1:])
    sums = np.vstack([np.zeros(len(predictions.classes)), predictions.probabilities.cumsum(axis=0)])
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)[:, None]
    # Columns narrower than a hop: what was predicted last, if that still holds.
    empty = np.flatnonzero((first == last) & (first > 0))
    if n and len(empty):
        before = first[empty] - 1
        holds = edges[empty] - predictions.times[before] <= _MISSED * hop_s
        found[empty[holds]] = predictions.probabilities[before[holds]]
    return found


def decided(
    predictions: Predictions, hop_s: float, start: float, stop: float, width: int
) -> NDArray[np.int64]:
    """Number of the class that is decided at the right edge of each column; -1 where none is.

    A decision holds as long as its prediction; see `shares` for the parameters.

    Returns
    -------
    numbers : ndarray of int, shape (width,)
    """
    edges = np.linspace(start, stop, width + 1)[1:]
    last = np.searchsorted(predictions.times, edges, side="right") - 1
    number = {name: k for k, name in enumerate(predictions.classes)}
    found = np.full(width, -1)
    for column in np.flatnonzero(last >= 0):
        k = last[column]
        decision = predictions.decisions[k]
        if decision is not None and edges[column] - predictions.times[k] <= _MISSED * hop_s:
            found[column] = number.get(decision.label, -1) if decision.label else -1
    return found


def rejected(predictions: Predictions, hop_s: float, until: float) -> Iterator[tuple[float, float]]:
    """Stretches from 0 to ``until`` in which no window gave a prediction."""
    times = predictions.times
    ends = np.append(times, until + hop_s)
    known = np.append(0.0, times + hop_s)
    for k in np.flatnonzero(ends - known > (_MISSED - 1) * hop_s):
        if known[k] < until:
            yield float(known[k]), float(min(ends[k], until))


def place(predictions: Predictions, hop_s: float, position: float) -> int | None:
    """Which prediction holds at a position, by its number; None where none does."""
    k = int(np.searchsorted(predictions.times, position, side="right")) - 1
    return k if k >= 0 and position - predictions.times[k] <= _MISSED * hop_s else None
