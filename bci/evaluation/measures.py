"""What accuracy alone does not say where classes are many or ordered."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bci.evaluation.level_measures import level_measures
from bci.evaluation.scores import Measure
from bci.tasks.emotion_levels import grid_of

# Below this many classes the rank of the right one says little more than accuracy.
_MANY = 6
_TOP = 5


def measures(
    classes: tuple[str, ...], probabilities: NDArray[np.float64], truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Figures of each axis where classes are levels; ranks of the right class where many.

    Parameters
    ----------
    classes : tuple of str
    probabilities : ndarray, shape (n_trials, n_classes)
    truth : ndarray of str, shape (n_trials,)
    """
    if (grid := grid_of(classes)) is not None:
        return level_measures(grid, probabilities, truth)
    if len(classes) < _MANY:
        return ()
    number = {name: k for k, name in enumerate(classes)}
    return ranks(probabilities, np.array([number[label] for label in truth]), len(classes))


def ranks(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    n_candidates: int | NDArray[np.int64],
) -> tuple[Measure, ...]:
    """Share of trials with the right class among the first five; its median rank (1 = first).

    The first is tested by the binomial test, the second by the sign test, both one-sided.

    Parameters
    ----------
    probabilities : ndarray, shape (n_trials, n_classes)
    truth : ndarray of int, shape (n_trials,)
        Number of each trial's class.
    n_candidates : int or ndarray of int, shape (n_trials,)
        How many classes each trial was decided among; the others have probability 0.
    """
    rank = rank_of_truth(probabilities, truth)
    n = np.broadcast_to(n_candidates, rank.shape)
    middle = (n + 1) / 2.0
    top_chance = float(np.minimum(_TOP / n, 1.0).mean())
    return (
        Measure(
            f"top-{_TOP} accuracy",
            float((rank <= _TOP).mean()),
            top_chance,
            _p_value(int((rank <= _TOP).sum()), len(rank), top_chance),
        ),
        Measure(
            "median rank",
            float(np.median(rank)),
            float(middle.mean()),
            _p_value(int((rank < middle).sum()), int((rank != middle).sum()), 0.5),
        ),
    )


def rank_of_truth(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Place of the right class, 1 for the first, (n_trials,).

    Equals count half, so that a decoder that says nothing is in the middle.
    """
    own = probabilities[np.arange(len(truth)), truth]
    above = (probabilities > own[:, None]).sum(axis=1)
    equal = (probabilities == own[:, None]).sum(axis=1) - 1
    return np.asarray(1.0 + above + equal / 2.0)


def _p_value(right: int, n: int, chance: float) -> float:
    return float(stats.binomtest(right, n, chance, alternative="greater").pvalue) if n else 1.0
