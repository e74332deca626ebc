"""Logistic regression on a person's own windows and those of other people together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.training.others.people import are_executed
from decoders.classical.linear_head import Features, LinearHead

ALONE = np.inf
"""Weight of an own window with which nobody else's counts."""

# Of a regression on several people: chosen on fourteen of EEGMMIDB (docs/tasks/motor-imagery.md).
_C = 0.01
# Of an own window, where another person's counts 1; docs/tasks/motor-imagery.md has what was tried.
WEIGHTS = (ALONE, 10.0)
# Where too few windows are there to leave any out.
_DEFAULT = 10.0


@dataclass(frozen=True)
class Labelled:
    """Features (n_windows, n_features) and numbers of classes (n_windows,)."""

    features: Features
    numbers: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> "Labelled":
        return Labelled(self.features[chosen], self.numbers[chosen])


@dataclass(frozen=True)
class Others:
    """Windows of other people, each of which stands for ``stands_for`` windows."""

    windows: Labelled
    stands_for: int


def balance(windows: Labelled) -> Features:
    """Weights with which each class counts alike, 1 on average, (n_windows,)."""
    n = np.bincount(windows.numbers)
    return np.asarray((len(windows.numbers) / len(n) / n)[windows.numbers])


def fit_alone(own: Labelled, c: float, balanced: bool = False) -> LinearHead:
    """Logistic regression with the inverse penalty ``c``."""
    from sklearn.linear_model import LogisticRegression

    weights = balance(own) if balanced else None
    regression = LogisticRegression(C=c, max_iter=2000)
    return LinearHead.from_sklearn(regression.fit(own.features, own.numbers, weights))


def fit_others(others: Others, balanced: bool = False) -> LinearHead:
    """Logistic regression on other people's windows."""
    return _fit(others.windows, others.stands_for * _shares(others.windows, balanced))


def fit_pooled(
    own: Labelled, others: Others, weight: float, c: float, balanced: bool = False
) -> LinearHead:
    """Logistic regression on own windows, ``weight`` each, and others'; `ALONE`: on own alone."""
    if weight == ALONE:
        return fit_alone(own, c, balanced)
    theirs = others.windows
    both = Labelled(
        np.concatenate([own.features, theirs.features]),
        np.concatenate([own.numbers, theirs.numbers]),
    )
    weights = (weight * _shares(own, balanced), others.stands_for * _shares(theirs, balanced))
    return _fit(both, np.concatenate(weights))


def _shares(windows: Labelled, balanced: bool) -> Features:
    return balance(windows) if balanced else np.ones(len(windows.numbers))


def _fit(windows: Labelled, weights: Features) -> LinearHead:
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=_C, max_iter=2000)
    return LinearHead.from_sklearn(regression.fit(windows.features, windows.numbers, weights))


def choose_weight(
    own: Labelled,
    runs: NDArray[np.int64],
    others: Others,
    c: float,
    balanced: bool = False,
) -> float:
    """Choose an own window's weight by leaving out one run of the person at a time.

    Of a single run, in order of time, each half is left out; they part where the class changes,
    since windows of one trial overlap. Runs of executed movement are in every training and are
    never left out, as in the model's score.

    Takes the one that decides most of the windows left out rightly, the first of equals. `ALONE`
    comes first, so that other people count only where that is better for this person.
    """
    runs = runs.copy()
    imagined = ~are_executed(runs)
    if len(np.unique(runs[imagined])) == 1:
        runs[imagined] = _halves(own.numbers[imagined])
    numbers = np.unique(runs[imagined])
    n_classes = len(np.unique(own.numbers))
    parts = [(own.only(runs != run), own.only(runs == run)) for run in numbers]
    if any(len(np.unique(training.numbers)) < n_classes for training, _ in parts):
        return _DEFAULT
    wrong = [
        sum(
            _wrong(fit_pooled(training, others, weight, c, balanced), test)
            for training, test in parts
        )
        for weight in WEIGHTS
    ]
    return WEIGHTS[int(np.argmin(wrong))]


def _halves(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the two halves of a run, (n_windows,), with no trial in both."""
    changes = np.flatnonzero(np.diff(numbers)) + 1
    if not len(changes):
        return np.zeros_like(numbers)
    middle = changes[np.abs(2 * changes - len(numbers)).argmin()]
    return np.asarray(np.arange(len(numbers)) >= middle, dtype=np.int64)


def _wrong(head: LinearHead, held_out: Labelled) -> int:
    """Number of windows that are decided wrongly."""
    scores = held_out.features @ head.coef.T + head.intercept
    return int((scores.argmax(axis=1) != held_out.numbers).sum())
