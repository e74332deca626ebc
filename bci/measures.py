"""What accuracy alone does not say where classes are many or ordered."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Below this many classes the rank of the right one says little more than accuracy.
_MANY = 6
_TOP = 5


class Measure(NamedTuple):
    """One figure and what guessing would give."""

    name: str
    value: float
    chance: float


def measures(
    classes: tuple[str, ...], probabilities: NDArray[np.float64], truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Ranks of the right class, where there are many.

    Parameters
    ----------
    classes : tuple of str
    probabilities : ndarray, shape (n_trials, n_classes)
    truth : ndarray of str, shape (n_trials,)
    """
    if len(classes) < _MANY:
        return ()
    return ranks(classes, probabilities, truth)


def ranks(
    classes: tuple[str, ...], probabilities: NDArray[np.float64], truth: NDArray[np.str_]
) -> tuple[Measure, ...]:
    """Share of trials with the right class among the first five; its median rank (1 = first)."""
    number = {name: k for k, name in enumerate(classes)}
    own = probabilities[np.arange(len(truth)), [number[label] for label in truth]]
    # Equals count half, so that a decoder that says nothing is in the middle.
    above = (probabilities > own[:, None]).sum(axis=1)
    equal = (probabilities == own[:, None]).sum(axis=1) - 1
    rank = 1.0 + above + equal / 2.0
    n = len(classes)
    return (
        Measure(f"top-{_TOP} accuracy", float((rank <= _TOP).mean()), _TOP / n),
        Measure("median rank", float(np.median(rank)), (n + 1) / 2.0),
    )
