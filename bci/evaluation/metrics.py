"""Scores of a decoder: accuracies with confidence interval, chance and p-value."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bci.tasks.emotion_levels import Array, LevelGrid, expected_levels, grid_of

Numbers = NDArray[np.int64]
"""Numbers of the trials' classes or levels, from 0, shape (n_trials,)."""

# A larger confusion matrix is not readable.
MAX_CONFUSION_CLASSES = 20
# With fewer classes, the rank of the true class adds little to the accuracy.
_MIN_RANKED_CLASSES = 6
_TOP = 5
_N_SHUFFLES = 999
# Ratio of the trials of the largest and the smallest class above which accuracy misleads.
_UNEQUAL = 1.5
BALANCED = "balanced accuracy"
_N_ORDERS = 1999
_N_GUESSES = 200


@dataclass(frozen=True)
class Accuracy:
    """Share of correct decisions, its exact 95 % interval and chance.

    The interval is that of Clopper and Pearson. ``n`` counts the decisions. ``low`` and
    ``high`` bound the interval. ``chance`` is the accuracy of always deciding the most frequent
    class. ``p_value`` is that of the one-sided binomial test against chance.
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
    """One score, its mean under guessing, and its p-value.

    The p-value is the probability that guessing scores as well.
    """

    name: str
    value: float
    chance: float
    p_value: float


@dataclass(frozen=True)
class ClassScore:
    """Score of one class: trials, correct ones, and most frequent confusion."""

    name: str
    asked: int  # Number of trials of the class
    right: int  # Number of correct decisions
    mistaken: str = ""  # Class that was wrongly decided most often; empty without errors
    times: int = 0  # Number of decisions for ``mistaken``


def score_accuracy(
    truth: NDArray[np.str_], decided: NDArray[np.str_], chance: float | None = None
) -> Accuracy:
    """Score independent decisions: trials, not overlapping windows.

    ``truth`` and ``decided`` have shape (n_trials,). ``chance`` is the accuracy under guessing;
    by default that of always deciding the most frequent class.
    """
    n = len(truth)
    right = int(np.sum(truth == decided))
    _, class_counts = np.unique(truth, return_counts=True)
    # Rounding can take a mean chance a little above 1.
    chance = min(float(class_counts.max() / n) if chance is None else chance, 1.0)
    low, high = exact_interval(right, n)
    return Accuracy(right / n, low, high, n, chance, binomial_p(right, n, chance))


def exact_interval(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of ``right`` correct decisions in ``n``.

    It is the exact interval of Clopper and Pearson.
    """
    interval = stats.binomtest(right, n).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def binomial_p(right: int, n: int, chance: float) -> float:
    """Return the p-value of ``right`` in ``n`` against ``chance``, one-sided.

    The result is 1 if ``n`` is 0.
    """
    return float(stats.binomtest(right, n, chance, alternative="greater").pvalue) if n else 1.0


def shuffled_labels(decided: NDArray[np.int64], truth: Numbers) -> tuple[float, float]:
    """Estimate chance and p-value of an accuracy by window.

    Windows of one trial overlap, so they are not independent. The labels of whole trials are
    shuffled with a fixed seed; the decisions stay.

    ``decided`` (n_trials, n_classes) counts each trial's windows by their decided class. ``truth``
    (n_trials,) has the number of each trial's class.

    Returns
    -------
    chance, p_value : float
        Mean accuracy over the shuffles, and the share of shuffles that reach the true accuracy.
    """
    rng = np.random.default_rng(0)
    rows = np.arange(len(truth))
    right = int(decided[rows, truth].sum())
    shuffled = np.array([decided[rows, rng.permutation(truth)].sum() for _ in range(_N_ORDERS)])
    p_value = (1 + int((shuffled >= right).sum())) / (1 + _N_ORDERS)
    return float(shuffled.mean() / decided.sum()), p_value


def kappa(truth: NDArray[np.str_], decided: NDArray[np.str_]) -> float:
    """Cohen's kappa: agreement beyond that expected by chance; NaN for a single class.

    ``truth`` and ``decided`` (n_trials,) are the true and the decided classes.
    """
    if len(np.unique(truth)) < 2:
        return float("nan")
    counts = _counts(truth, decided, np.union1d(truth, decided))
    by_chance = counts.sum(axis=0) @ counts.sum(axis=1) / len(truth) ** 2
    return float((counts.trace() / len(truth) - by_chance) / (1.0 - by_chance))


def confusion(
    truth: NDArray[np.str_], decided: NDArray[np.str_], classes: tuple[str, ...]
) -> list[list[int]]:
    """Count decisions in one row per true class and one column per decided class.

    ``truth`` and ``decided`` (n_trials,) are labels. Empty if there are more than
    `MAX_CONFUSION_CLASSES` classes.
    """
    if len(classes) > MAX_CONFUSION_CLASSES:
        return []
    counts: list[list[int]] = _counts(truth, decided, np.array(classes)).tolist()
    return counts


def class_scores(decisions: Iterable[tuple[str, str]]) -> list[ClassScore]:
    """Score every class from (true class, decided class) of each trial.

    The most frequent class comes first.
    """
    by_class: dict[str, Counter[str]] = {}
    for true, decided in decisions:
        by_class.setdefault(true, Counter())[decided] += 1
    scores = []
    for name in sorted(by_class, key=lambda name: (-by_class[name].total(), name)):
        counts = by_class[name]
        asked, right = counts.total(), counts.pop(name, 0)
        (mistaken, times), *_ = counts.most_common(1) or [("", 0)]
        scores.append(ClassScore(name, asked, right, mistaken, times))
    return scores


def information_transfer_rate(
    truth: NDArray[np.str_], decided: NDArray[np.str_], seconds: float
) -> float:
    """Compute the mutual information of classes and decisions, in bits per minute.

    The estimate is biased upwards with few trials or many classes. So its mean over shuffled labels
    (fixed seed) is subtracted: guessing gives about 0, and a constant decision gives 0. With few
    trials of many classes the result is too low, never too high.

    ``truth`` and ``decided`` (n_trials,) are the true and the decided classes. ``seconds`` is the
    time from one decision to the next.

    Notes
    -----
    Wolpaw's formula assumes balanced classes and evenly spread errors. It credits information to a
    decoder that always decides for the more frequent of two classes.
    """
    classes, true = np.unique(truth, return_inverse=True)
    answers, given = np.unique(decided, return_inverse=True)
    shape = (len(classes), len(answers))
    rng = np.random.default_rng(0)
    by_chance = [_information(rng.permutation(true), given, shape) for _ in range(_N_GUESSES)]
    bits = _information(true, given, shape) - float(np.mean(by_chance))
    return max(0.0, bits) * 60.0 / seconds


def extra_measures(
    classes: tuple[str, ...], probabilities: Array, truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Compute the scores beside accuracy that suit the classes.

    If classes are levels on axes, these are the scores of each axis. Otherwise, with six or more
    classes, they are ranks of the true class. With unequal numbers of trials per class, balanced
    accuracy comes first, and for two classes also the area under the ROC curve.

    ``probabilities`` has shape (n_trials, n_classes), ``truth`` (n_trials,).
    """
    if (grid := grid_of(classes)) is not None:
        return level_measures(grid, probabilities, truth)
    number = {name: k for k, name in enumerate(classes)}
    numbers = np.array([number[label] for label in truth])
    found = unequal_measures(probabilities, numbers) if are_unequal(truth) else ()
    if len(classes) < _MIN_RANKED_CLASSES:
        return found
    return found + ranks(probabilities, numbers, len(classes))


def are_unequal(truth: NDArray[np.str_]) -> bool:
    """Return True if accuracy misleads, since classes are unequal.

    It does if the largest class has at least 1.5 times the trials of the smallest. ``truth``
    (n_trials,) are the true classes.
    """
    _, counts = np.unique(truth, return_counts=True)
    return bool(len(counts) > 1 and counts.max() >= _UNEQUAL * counts.min())


def unequal_measures(probabilities: Array, truth: Numbers) -> tuple[Measure, ...]:
    """Compute balanced accuracy and, for two classes, the area under the ROC curve.

    ``probabilities`` has shape (n_trials, n_classes), ``truth`` (n_trials,).

    Always deciding for the more frequent class improves neither. Chance is the mean over 999
    shuffles (fixed seed) of the true classes. The p-value is the share of shuffles that score as
    well.
    """
    found = [_balanced(truth, probabilities.argmax(axis=1))]
    if probabilities.shape[1] == 2:
        areas = partial(area_under_curve, ranks=stats.rankdata(probabilities[:, 1]))
        found.append(_shuffled("AUC", areas, truth))
    return tuple(found)


def balanced_p(truth: Numbers, decided: Numbers) -> float:
    """Return the p-value of a balanced accuracy.

    It is the share of shuffles of the true classes that reach the balanced accuracy.
    """
    return _balanced(truth, decided).p_value


def _balanced(truth: Numbers, decided: Numbers) -> Measure:
    return _shuffled(BALANCED, partial(balanced_accuracy, decided=decided), truth)


def balanced_accuracy(truth: Numbers, decided: Numbers) -> float:
    """Return the mean recall: the share of correct decisions, averaged over classes."""
    asked = np.bincount(truth)
    right = np.bincount(truth[truth == decided], minlength=len(asked))
    return float((right[asked > 0] / asked[asked > 0]).mean())


def score_balanced(truth: NDArray[np.str_], decided: NDArray[np.str_]) -> Accuracy:
    """Score decisions by balanced accuracy, in which each class has the same weight.

    ``truth`` and ``decided`` (n_trials,) are the true and the decided classes. The interval assumes
    a normal distribution. The p-value comes from shuffled labels.
    """
    classes, numbers = np.unique(truth, return_inverse=True)
    answers = np.searchsorted(classes, decided)
    asked = np.bincount(numbers)
    shares = np.bincount(numbers, truth == decided) / asked
    value = float(shares.mean())
    half = 1.96 * float(np.sqrt((shares * (1 - shares) / asked).sum())) / len(classes)
    low, high = max(0.0, value - half), min(1.0, value + half)
    p_value = balanced_p(numbers, answers)
    return Accuracy(value, low, high, len(truth), 1.0 / len(classes), p_value)


def area_under_curve(truth: Numbers, ranks: Array) -> float:
    """Return the probability that a trial of class 1 ranks above a trial of class 0.

    ``ranks`` (n_trials,) are ranks of the probability of class 1, ascending from 1. Ties have
    their mean rank and count half (Mann and Whitney, Ann. Math. Stat. 18 (1947) 50-60).
    """
    n_one = int(truth.sum())
    above = float(ranks[truth == 1].sum()) - n_one * (n_one + 1) / 2
    return above / (n_one * (len(truth) - n_one))


def ranks(
    probabilities: Array, truth: Numbers, n_candidates: int | Numbers
) -> tuple[Measure, ...]:  # fmt: skip
    """Compute top-5 accuracy and the median rank of the true class (1 = best).

    Top-5 accuracy is tested by the binomial test, the median rank by the sign test, both one-sided.

    ``n_candidates`` is the number of classes that a trial was decided among; all other classes have
    probability 0.
    """
    rank = rank_of_truth(probabilities, truth)
    n = np.broadcast_to(n_candidates, rank.shape)
    middle = (n + 1) / 2.0
    in_top = rank <= _TOP
    chance = float(np.minimum(_TOP / n, 1.0).mean())
    above, not_equal = int((rank < middle).sum()), int((rank != middle).sum())
    return (
        Measure(
            f"top-{_TOP} accuracy", float(in_top.mean()), chance,
            binomial_p(int(in_top.sum()), len(rank), chance),
        ),
        Measure(
            "median rank", float(np.median(rank)), float(middle.mean()),
            binomial_p(above, not_equal, 0.5),
        ),
    )  # fmt: skip


def rank_of_truth(probabilities: Array, truth: Numbers) -> Array:
    """Return the rank of the true class in each trial, 1 for the best.

    The shape is (n_trials,). Ties count half, so if all probabilities are equal, the rank is
    the middle one.
    """
    own = probabilities[np.arange(len(truth)), truth]
    above = (probabilities > own[:, None]).sum(axis=1)
    equal = (probabilities == own[:, None]).sum(axis=1) - 1
    return np.asarray(1.0 + above + equal / 2.0)


def level_measures(
    grid: LevelGrid, probabilities: Array, truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Compute accuracy, macro F1, mean absolute error and Seq2HR of each axis.

    The error is that of the expected level. Chance of the accuracy is the share of the most
    frequent level, and its p-value is that of the binomial test. The other scores are compared with
    999 shuffles (fixed seed) of the true levels over the trials. Their chance is the mean of the
    shuffles, and their p-value the share of shuffles that score as well.

    ``probabilities`` (n_trials, n_classes) is in the order of ``grid.classes``. The trials must be
    independent.
    """
    by_axis = grid.by_axis(probabilities)
    levels = grid.numbers(truth)
    found: list[Measure] = []
    for k, axis in enumerate(grid.axes):
        scores, own = by_axis[:, k], levels[:, k]
        decided, expected = scores.argmax(axis=1), expected_levels(scores)
        accuracy = score_accuracy(own.astype(str), decided.astype(str))
        found.append(
            Measure(f"{axis}, accuracy", accuracy.value, accuracy.chance, accuracy.p_value)
        )
        f1 = partial(macro_f1, decided=decided, n_levels=grid.n_levels)
        found += [
            _shuffled(f"{axis}, macro F1", f1, own),
            _shuffled(f"{axis}, mean absolute error", partial(_error, expected=expected), own, -1),
            _shuffled(f"{axis}, Seq2HR", partial(_hits, scores=scores), own),
        ]
    return tuple(found)


def seq2hr(scores: Array, levels: Numbers) -> NDArray[np.bool_]:
    """Mark the trials whose two best levels are the true level and a neighbour of it.

    ``scores`` has shape (n_trials, n_levels), ``levels`` (n_trials,) counts from 0, and the result
    has shape (n_trials,). The share of marked trials is called Seq2HR by Kuang, Song and Michoski
    2024, arXiv 2408.15255.
    """
    two_best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    steps = np.sort(np.abs(two_best - levels[:, None]), axis=1)
    return np.asarray((steps == [0, 1]).all(axis=1))


def macro_f1(truth: Numbers, decided: Numbers, n_levels: int) -> float:
    """Return the mean F1 over the levels that occur in ``truth`` or ``decided``.

    Both are numbers of levels, from 0.
    """
    counts = np.bincount(truth * n_levels + decided, minlength=n_levels**2)
    table = counts.reshape(n_levels, n_levels)
    named = table.sum(axis=0) + table.sum(axis=1)
    return float((2 * np.diag(table)[named > 0] / named[named > 0]).mean())


def _counts(
    truth: NDArray[np.str_], decided: NDArray[np.str_], classes: NDArray[np.str_]
) -> NDArray[np.int64]:
    is_true, is_decided = truth[:, None] == classes, decided[:, None] == classes
    return np.asarray(is_true.T.astype(np.int64) @ is_decided.astype(np.int64))


def _information(rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> float:
    """Return the mutual information of two class numbers per trial, in bits."""
    counts = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
    joint = counts / len(rows)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float(np.sum(joint[there] * np.log2(joint[there] / apart[there])))


def _error(truth: Numbers, expected: Array) -> float:
    return float(np.abs(expected - (truth + 1)).mean())


def _hits(truth: Numbers, scores: Array) -> float:
    return float(seq2hr(scores, truth).mean())


def _shuffled(
    name: str, figure: Callable[[Numbers], float], truth: Numbers, sign: int = 1
) -> Measure:
    """Compute a score and its chance by shuffling; ``sign`` is -1 if lower is better."""
    rng = np.random.default_rng(0)
    value = figure(truth)
    guessed = np.array([figure(rng.permutation(truth)) for _ in range(_N_SHUFFLES)])
    as_good = int((sign * guessed >= sign * value - 1e-12).sum())
    return Measure(name, value, float(guessed.mean()), (1 + as_good) / (1 + _N_SHUFFLES))
