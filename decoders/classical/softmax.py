"""From scores to probabilities, or to none at all."""

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn scores into probabilities that sum to 1 along the last axis.

    Raises
    ------
    DecodingError
        If a score is not finite: the window holds values that no probability follows from.
    """
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    total = odds.sum(axis=-1, keepdims=True)
    # A score that is not finite leaves its trace in the sum.
    if not np.isfinite(total).all():
        raise DecodingError("the window's values are too large or not finite")
    return np.asarray(odds / total)
