"""Figures of each axis where classes are a level on each of several axes.

See `bci.tasks.emotion_levels`.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bci.evaluation.scores import Measure, score_accuracy
from bci.tasks.emotion_levels import Array, LevelGrid, expected_levels

_N_SHUFFLES = 999


def level_measures(
    grid: LevelGrid, probabilities: Array, truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Accuracy, macro F1, mean absolute error of the expected level and Seq2HR of each axis.

    Chance of the accuracy is the most frequent level's share, its p-value is the binomial
    test's. Of the others chance is the mean, and the p-value the share that does as well, of 999
    shuffles (seeded) of the true levels over the trials.

    Parameters
    ----------
    grid : LevelGrid
    probabilities : ndarray, shape (n_trials, n_classes)
        In the order of ``grid.classes``; one row a trial, for rows must be independent.
    truth : ndarray of str, shape (n_trials,)
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


def seq2hr(scores: Array, levels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Sequential top-2 hit: whether the two best are the true level and one next to it.

    ``scores`` (n_trials, n_levels); ``levels`` (n_trials,), from 0; hits (n_trials,). Kuang, Song
    and Michoski 2024, arXiv 2408.15255, call their share Seq2HR.
    """
    two_best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    steps = np.sort(np.abs(two_best - levels[:, None]), axis=1)
    return np.asarray((steps == [0, 1]).all(axis=1))


def macro_f1(truth: NDArray[np.int64], decided: NDArray[np.int64], n_levels: int) -> float:
    """Mean F1 over the levels that are true or decided at least once; numbers from 0."""
    counts = np.bincount(truth * n_levels + decided, minlength=n_levels**2)
    table = counts.reshape(n_levels, n_levels)
    named = table.sum(axis=0) + table.sum(axis=1)
    return float((2 * np.diag(table)[named > 0] / named[named > 0]).mean())


def _error(truth: NDArray[np.int64], expected: Array) -> float:
    return float(np.abs(expected - (truth + 1)).mean())


def _hits(truth: NDArray[np.int64], scores: Array) -> float:
    return float(seq2hr(scores, truth).mean())


def _shuffled(
    name: str,
    figure: Callable[[NDArray[np.int64]], float],
    truth: NDArray[np.int64],
    sign: int = 1,
) -> Measure:
    """A figure with its chance by shuffling; ``sign`` -1 where less is better."""
    rng = np.random.default_rng(0)
    value = figure(truth)
    guessed = np.array([figure(rng.permutation(truth)) for _ in range(_N_SHUFFLES)])
    as_good = int((sign * guessed >= sign * value - 1e-12).sum())
    return Measure(name, value, float(guessed.mean()), (1 + as_good) / (1 + _N_SHUFFLES))
