"""Logistic regression on a person's own windows together with windows of other people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.training.others.people import are_executed
from decoders.classical.linear_head import Features, LinearHead

ALONE = np.inf
"""Weight of own windows that means: windows of other people are not used."""

# Inverse penalty of a regression on several people, chosen on fourteen people of EEGMMIDB
# (docs/tasks/motor-imagery.md).
_C = 0.01
# Candidate weights of an own window; another person's window has the weight 1.
# docs/tasks/motor-imagery.md lists the values that were tried.
WEIGHTS = (ALONE, 10.0)
# Weight if there are too few windows to leave any out.
_DEFAULT = 10.0


@dataclass(frozen=True)
class Labelled:
    """Features (n_windows, n_features) and numbers of classes (n_windows,) of some windows."""

    features: Features
    numbers: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> "Labelled":
        return Labelled(self.features[chosen], self.numbers[chosen])


@dataclass(frozen=True)
class Others:
    """Windows of other people; each represents ``stands_for`` windows."""

    windows: Labelled
    stands_for: int


def balance(windows: Labelled) -> Features:
    """Compute weights of windows that give each class the same total, (n_windows,); mean 1."""
    n = np.bincount(windows.numbers)
    return np.asarray((len(windows.numbers) / len(n) / n)[windows.numbers])


def fit_alone(own: Labelled, c: float, balanced: bool = False) -> LinearHead:
    """Fit a logistic regression to own windows; ``c`` is the inverse penalty.

    With ``balanced``, all classes have equal weight.
    """
    from sklearn.linear_model import LogisticRegression

    weights = balance(own) if balanced else None
    regression = LogisticRegression(C=c, max_iter=2000)
    return LinearHead.from_sklearn(regression.fit(own.features, own.numbers, weights))


def fit_others(others: Others, balanced: bool = False) -> LinearHead:
    """Fit a logistic regression to other people's windows."""
    return _fit(others.windows, others.stands_for * _shares(others.windows, balanced))


def fit_pooled(
    own: Labelled, others: Others, weight: float, c: float, balanced: bool = False
) -> LinearHead:
    """Fit a logistic regression to own windows, each of weight ``weight``, and to others'.

    With the weight `ALONE`, only own windows are used.
    """
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
    """Choose the weight of own windows by leaving out one of the person's runs.

    If there is a single run, each half of it is left out. The halves are split where the class
    changes, because windows of one trial overlap. Runs of executed movement are always trained on
    and never left out, as in the model's score.

    The weight with the most correct windows is chosen. Among equals, `ALONE` comes first, so that
    other people's windows are used only if they improve the decoder for this person.
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
    """Number the halves of a run 0 and 1, (n_windows,); no trial is in both."""
    changes = np.flatnonzero(np.diff(numbers)) + 1
    if not len(changes):
        return np.zeros_like(numbers)
    middle = changes[np.abs(2 * changes - len(numbers)).argmin()]
    return np.asarray(np.arange(len(numbers)) >= middle, dtype=np.int64)


def _wrong(head: LinearHead, held_out: Labelled) -> int:
    """Count the windows that are decided wrongly."""
    scores = held_out.features @ head.coef.T + head.intercept
    return int((scores.argmax(axis=1) != held_out.numbers).sum())
