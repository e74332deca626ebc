"""Scores of spelling stored with a model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import BundleError
from bci.evaluation.spelling import ENOUGH, FIGURES, RIGHT, SELECTIONS, wolpaw_bits
from bci.models.bundle import load_bundle
from bci.training.time_course import TimeCourse

# Time to shift the gaze to the next target, in seconds; the usual assumption.
_SHIFT_S = 1.0


@dataclass(frozen=True)
class SpellingCurve:
    """Scores of a stored model on held-out symbols.

    ``right`` (n_repetitions,) counts the correct symbols, of ``n``, after each fixed number of
    repetitions from 1 on. The other scores are those of `SpellingScore`, with dynamic stopping.
    """

    right: NDArray[np.int64]
    n: int
    accuracy: float
    repetitions: float
    chars_per_min: float
    itr_bits_per_min: float
    n_symbols: int

    @property
    def needed(self) -> int | None:
        """Fewest repetitions that give 80 % correct symbols; None if no number does."""
        enough = np.flatnonzero(self.right >= ENOUGH * self.n)
        return int(enough[0]) + 1 if len(enough) else None


def load_spelling_curve(folder: Path) -> SpellingCurve | None:
    """Read the curve over repetitions from a model folder; None if it has none.

    Raises
    ------
    BundleError
        If the folder or the curve is missing parts or invalid.
    """
    _, arrays = load_bundle(folder)
    if FIGURES not in arrays:
        return None
    right, n, figures = (np.asarray(arrays.get(k, ())) for k in (RIGHT, SELECTIONS, FIGURES))
    fits = right.ndim == 1 and len(right) and n.shape == (1,) and figures.shape == (5,)
    if not fits or not np.isfinite(figures).all() or n[0] < 1 or right.min() < 0:
        raise BundleError(f"{folder}: the curve over repetitions is damaged; calibrate again")
    if right.max() > n[0] or figures[4] < 2:
        raise BundleError(f"{folder}: the curve over repetitions is damaged; calibrate again")
    accuracy, repetitions, chars, bits, n_symbols = map(float, figures)
    return SpellingCurve(
        right.astype(np.int64), int(n[0]), accuracy, repetitions, chars, bits, int(n_symbols)
    )


@dataclass(frozen=True)
class BestFlicker:
    """The duration of flicker with the highest information rate.

    The rate is computed from the held-out accuracy.
    """

    seconds: float
    accuracy: float
    bits_per_min: float
    selections_per_min: float


def best_flicker(course: TimeCourse, n_symbols: int) -> BestFlicker | None:
    """Find the duration with the highest rate in bits, from the accuracy over time.

    One second between two targets is added to each duration. The rate is Wolpaw's, see
    `bci.evaluation.spelling.wolpaw_bits`. None for an empty course.
    """
    found = [
        BestFlicker(
            seconds, accuracy, wolpaw_bits(accuracy, n_symbols) * 60 / (seconds + _SHIFT_S),
            60 / (seconds + _SHIFT_S),
        )
        for seconds, accuracy in zip(course.seconds.tolist(), course.accuracy.tolist(), strict=True)
    ]  # fmt: skip
    return max(found, key=lambda each: each.bits_per_min, default=None)
