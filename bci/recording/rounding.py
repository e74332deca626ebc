"""Values of a file that float32 cannot represent exactly: rounded, with a finding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import shortened
from bci.signals import FloatArray

# Float32 holds every whole number up to this one.
LARGEST_EXACT = 1 << 24


def as_float32(values: NDArray[Any]) -> FloatArray:
    """Convert samples of any shape to float32, the number type of all signals in this program."""
    # A value too large for float32 becomes infinite, as in live streams. The pipeline replaces it
    # by the last finite value and counts it.
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)


def is_rounded(values: NDArray[Any]) -> bool:
    """Return whether float32 changes any value above 2^24 or below -2^24."""
    if values.dtype == np.float32:
        return False
    large = values[(values > LARGEST_EXACT) | (values < -LARGEST_EXACT)]
    with np.errstate(over="ignore"):
        return bool((large.astype(np.float32) != large).any())


def rounded(values: NDArray[Any], names: Sequence[str]) -> tuple[str, ...]:
    """List a finding about the channels with values that float32 rounds; empty if none has any.

    ``values`` has the shape (n_samples, n_channels), ``names`` are the channels' names.
    """
    found = [name for name, column in zip(names, values.T, strict=True) if is_rounded(column)]
    if not found:
        return ()
    return (f"{shortened(found)}: values above {LARGEST_EXACT} are rounded to float32",)
