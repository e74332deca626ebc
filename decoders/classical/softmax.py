"""Conversion of scores to probabilities."""

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert scores to probabilities that sum to 1 along the last axis.

    Raises
    ------
    DecodingError
        If a score is not finite, because the window has invalid values.
    """
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    total = odds.sum(axis=-1, keepdims=True)
    # The sum is finite only if all scores are.
    if not np.isfinite(total).all():
        raise DecodingError("the window's values are too large or not finite")
    return np.asarray(odds / total)
