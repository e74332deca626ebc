"""Time course of a trial: accuracy on held-out trials by the window's position."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import BundleError
from bci.models.bundle import load_bundle
from bci.training.epochs import Epochs
from bci.training.trial_decisions import DecidedEpochs

_SECONDS, _ACCURACY, _TRIALS = "course.seconds", "course.accuracy", "course.trials"
_MOST_POINTS = 25


@dataclass(frozen=True)
class TimeCourse:
    """Accuracy of windows by the time of their end.

    ``seconds`` (n,) is the time from the cue to the window's last sample; the true time may be up
    to one hop later. ``accuracy`` and ``trials``, the number of trials with a usable window there,
    have the same shape.
    """

    seconds: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    trials: NDArray[np.int64]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the course as arrays for the model folder."""
        return {_SECONDS: self.seconds, _ACCURACY: self.accuracy, _TRIALS: self.trials}


def places_in_trials(epochs: Epochs) -> NDArray[np.int64]:
    """Return the position of each window in its trial, from 0, shape (n_windows,)."""
    _, first, number = np.unique(epochs.trials, return_index=True, return_inverse=True)
    return np.asarray(np.arange(len(epochs.trials)) - first[number])


def right_by_place(
    decided: DecidedEpochs, cued: NDArray[np.bool_] | None = None
) -> list[tuple[int, bool]]:
    """Return each window's position in its trial, and True if it is correct.

    The windows are held out. Of long trials, an evenly spaced subset of windows is used.
    ``cued`` (n_windows,) marks the windows of trials with a cue; the others are left out.
    """
    epochs, classes = decided.epochs, decided.decoder.classes
    numbers = np.arange(len(epochs.trials)) if cued is None else np.flatnonzero(cued)
    if not len(numbers):
        return []
    places = places_in_trials(epochs)
    every = -(-(int(places[numbers].max()) + 1) // _MOST_POINTS)
    return [
        (int(places[k]), classes[int(decided.probabilities(k).argmax())] == epochs.labels[k])
        for k in numbers.tolist()
        if places[k] % every == 0
    ]


def time_course(right: Iterable[tuple[int, bool]], first_s: float, hop_s: float) -> TimeCourse:
    """Average the results of `right_by_place` of all folds by position.

    The first window of a trial ends ``first_s`` seconds after the cue, the next ones ``hop_s``
    later each. Positions with fewer than half of the largest number of trials are left out.
    """
    places, hits = np.array(list(right), dtype=np.int64).T
    found, number = np.unique(places, return_inverse=True)
    trials = np.bincount(number)
    seconds, accuracy = first_s + found * hop_s, np.bincount(number, hits) / trials
    often = trials >= trials.max() / 2
    return TimeCourse(seconds[often], accuracy[often], trials[often])


def load_time_course(folder: Path) -> TimeCourse | None:
    """Read the time course in a model folder; None without one.

    Raises
    ------
    BundleError
        If the folder is missing or invalid, or the arrays differ in length.
    """
    _, arrays = load_bundle(folder)
    if _SECONDS not in arrays:
        return None
    parts = [np.asarray(arrays.get(name, ())) for name in (_SECONDS, _ACCURACY, _TRIALS)]
    seconds, accuracy, trials = parts
    fits = seconds.ndim == 1 and seconds.shape == accuracy.shape == trials.shape
    if not fits or not np.isfinite(np.concatenate(parts)).all():
        raise BundleError(f"{folder}: the time course is damaged; calibrate again")
    return TimeCourse(seconds.astype(float), accuracy.astype(float), trials.astype(np.int64))
