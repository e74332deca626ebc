"""How good a decoder is, said honestly: interval and chance beside every accuracy."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

# A confusion matrix of more classes tells a reader nothing.
MOST_SHOWN = 20


@dataclass(frozen=True)
class Accuracy:
    """Share of right decisions, with its exact 95 % interval (Clopper-Pearson) and chance.

    ``chance`` is what always naming the most frequent class would score; ``p_value`` is of
    the one-sided binomial test against it.
    """

    value: float
    low: float
    high: float
    n: int
    chance: float
    p_value: float

    def __str__(self) -> str:
        return (
            f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}], n = {self.n}, "
            f"chance {self.chance:.2f}, p = {self.p_value:.2g}"
        )


class Measure(NamedTuple):
    """One figure, what guessing would give, and how likely guessing would do as well."""

    name: str
    value: float
    chance: float
    p_value: float


def score_accuracy(
    truth: NDArray[np.str_], decided: NDArray[np.str_], chance: float | None = None
) -> Accuracy:
    """Accuracy of independent decisions (trials, not overlapping windows).

    ``chance`` is given where it is not that of always naming the most frequent class.
    """
    n = len(truth)
    right = int(np.sum(truth == decided))
    _, class_counts = np.unique(truth, return_counts=True)
    # Rounding can take a mean chance a little above 1.
    chance = min(float(class_counts.max() / n) if chance is None else chance, 1.0)
    test = stats.binomtest(right, n, chance, alternative="greater")
    low, high = exact_interval(right, n)
    return Accuracy(right / n, low, high, n, chance, test.pvalue)


def exact_interval(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval (Clopper-Pearson) of a share of right decisions."""
    interval = stats.binomtest(right, n).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def shuffled_labels(
    decided: NDArray[np.int64], truth: NDArray[np.int64], n_shuffles: int = 1999
) -> tuple[float, float]:
    """Chance and p-value of an accuracy by window, whose windows of one trial are no news.

    Labels are shuffled over whole trials (seeded), what was decided stays.

    Parameters
    ----------
    decided : ndarray of int, shape (n_trials, n_classes)
        How many windows of each trial were decided for each class.
    truth : ndarray of int, shape (n_trials,)
        Number of each trial's class.
    n_shuffles : int

    Returns
    -------
    chance, p_value : float
        Mean accuracy with shuffled labels, and the share of shuffles that reach the true one.
    """
    rng = np.random.default_rng(0)
    rows = np.arange(len(truth))
    right = int(decided[rows, truth].sum())
    shuffled = np.array([decided[rows, rng.permutation(truth)].sum() for _ in range(n_shuffles)])
    p_value = (1 + int((shuffled >= right).sum())) / (1 + n_shuffles)
    return float(shuffled.mean() / decided.sum()), p_value


def kappa(truth: NDArray[np.str_], decided: NDArray[np.str_]) -> float:
    """Cohen's kappa: agreement beyond that expected by chance; NaN for a single class."""
    if len(np.unique(truth)) < 2:
        return float("nan")
    counts = _counts(truth, decided, np.union1d(truth, decided))
    by_chance = counts.sum(axis=0) @ counts.sum(axis=1) / len(truth) ** 2
    return float((counts.trace() / len(truth) - by_chance) / (1.0 - by_chance))


def confusion(
    truth: NDArray[np.str_], decided: NDArray[np.str_], classes: tuple[str, ...]
) -> list[list[int]]:
    """Counts: rows are the true classes, columns the decided ones; empty for too many classes."""
    if len(classes) > MOST_SHOWN:
        return []
    counts: list[list[int]] = _counts(truth, decided, np.array(classes)).tolist()
    return counts


def _counts(
    truth: NDArray[np.str_], decided: NDArray[np.str_], classes: NDArray[np.str_]
) -> NDArray[np.int64]:
    """How often each class (row) was taken for each (column)."""
    each = truth[:, None] == classes, decided[:, None] == classes
    return np.asarray(each[0].T.astype(np.int64) @ each[1].astype(np.int64))


def information_transfer_rate(
    truth: NDArray[np.str_], decided: NDArray[np.str_], seconds: float, n_shuffles: int = 200
) -> float:
    """Mutual information of classes and decisions, in bits a minute.

    A few trials have some mutual information by chance, and many classes have much of it. Its mean
    over shuffled labels (seeded) is taken off, so guessing gives about 0, and a decoder that always
    decides the same gives 0. Few trials of many classes are rated too low by that, never too high.

    Parameters
    ----------
    truth, decided : ndarray of str, shape (n_trials,)
    seconds : float
        From one decision to the next.
    n_shuffles : int

    Notes
    -----
    Wolpaw's formula takes the classes for balanced and the errors for evenly spread. It gives a
    decoder that always decides for the more frequent of two classes information that it has not.
    """
    classes, true = np.unique(truth, return_inverse=True)
    answers, given = np.unique(decided, return_inverse=True)
    shape = (len(classes), len(answers))
    rng = np.random.default_rng(0)
    by_chance = [_information(rng.permutation(true), given, shape) for _ in range(n_shuffles)]
    bits = _information(true, given, shape) - float(np.mean(by_chance))
    return max(0.0, bits) * 60.0 / seconds


def _information(
    rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> float:
    """Mutual information of two numberings of the same trials, in bits."""
    counts = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
    joint = counts / len(rows)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float(np.sum(joint[there] * np.log2(joint[there] / apart[there])))
