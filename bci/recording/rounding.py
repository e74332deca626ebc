"""Values of a file that float32 cannot hold: kept as near as it can, and remarked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Float32 holds every whole number up to this one.
LARGEST_EXACT = 1 << 24
_MOST_NAMED = 8


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
    if values.dtype == np.float32 or not values.size:
        return ()
    beyond = (values > LARGEST_EXACT).any(axis=0) | (values < -LARGEST_EXACT).any(axis=0)
    large = np.flatnonzero(beyond).tolist()
    found = [names[c] for c in large if _changes(values[:, c])]
    if not found:
        return ()
    shown = ", ".join(found[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return (f"{shown}{more}: values above {LARGEST_EXACT} are rounded to float32",)


def _changes(column: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        return bool(((column.astype(np.float32) != column) & (column == column)).any())
