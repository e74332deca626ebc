"""What accuracy alone does not say where classes are many or ordered."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bci.level_measures import level_measures
from bci.levels import grid_of
from bci.scores import Measure

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
    return ranks(classes, probabilities, truth)


def ranks(
    classes: tuple[str, ...], probabilities: NDArray[np.float64], truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Share of trials with the right class among the first five; its median rank (1 = first).

    The first is tested by the binomial test, the second by the sign test, both one-sided.
    """
    number = {name: k for k, name in enumerate(classes)}
    own = probabilities[np.arange(len(truth)), [number[label] for label in truth]]
    # Equals count half, so that a decoder that says nothing is in the middle.
    above = (probabilities > own[:, None]).sum(axis=1)
    equal = (probabilities == own[:, None]).sum(axis=1) - 1
    rank = 1.0 + above + equal / 2.0
    n = len(classes)
    middle = (n + 1) / 2.0
    return (
        Measure(
            f"top-{_TOP} accuracy",
            float((rank <= _TOP).mean()),
            _TOP / n,
            _p_value(int((rank <= _TOP).sum()), len(rank), _TOP / n),
        ),
        Measure(
            "median rank",
            float(np.median(rank)),
            middle,
            _p_value(int((rank < middle).sum()), int((rank != middle).sum()), 0.5),
        ),
    )


def _p_value(right: int, n: int, chance: float) -> float:
    return float(stats.binomtest(right, n, chance, alternative="greater").pvalue) if n else 1.0
