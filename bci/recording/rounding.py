"""Values of a file that float32 cannot hold: kept as near as it can, and remarked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Float32 holds every whole number up to this one.
LARGEST_EXACT = 1 << 24
_MAX_NAMED = 8


def is_rounded(values: NDArray[Any]) -> bool:
    """Tell whether float32 changes any of the values above 2^24."""
    if values.dtype == np.float32:
        return False
    large = values[(values > LARGEST_EXACT) | (values < -LARGEST_EXACT)]
    with np.errstate(over="ignore"):
        return bool((large.astype(np.float32) != large).any())


def rounded(values: NDArray[Any], names: Sequence[str]) -> tuple[str, ...]:
    """Remark which channels hold values above 2^24 that float32 rounds.

    Parameters
    ----------
    values : ndarray, shape (n_samples, n_channels)
        As the file holds them.
    names : sequence of str

    Returns
    -------
    findings : tuple of str
        One sentence, or none.
    """
    found = [name for name, column in zip(names, values.T, strict=True) if is_rounded(column)]
    if not found:
        return ()
    shown = ", ".join(found[:_MAX_NAMED])
    more = f" and {len(found) - _MAX_NAMED} more" if len(found) > _MAX_NAMED else ""
    return (f"{shown}{more}: values above {LARGEST_EXACT} are rounded to float32",)
