"""Many samples as few columns of pixels: the smallest and the largest value of each."""

import numpy as np
from numpy.typing import NDArray

from bci.ring import RingBuffer


def extremes(
    ring: RingBuffer, start: int, stop: int, per_column: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Smallest and largest value of columns ``start`` to ``stop``, as far as the ring holds them.

    Parameters
    ----------
    ring : RingBuffer
    start, stop : int
        Columns, counted from the stream's first sample on.
    per_column : float
        Samples a column; may be less than one.

    Returns
    -------
    low, high : ndarray, shape (n_columns, n_channels)
        With the sample before each column, so that columns join up.
    columns : ndarray, shape (n_columns,)
        Those that the ring holds.
    """
    bounds = np.ceil(np.arange(start, stop + 1) * per_column).astype(np.int64)
    columns = np.arange(start, stop)
    held = bounds[:-1] > ring.oldest
    held &= bounds[1:] <= ring.end
    bounds, columns = np.append(bounds[:-1][held], bounds[1:][held][-1:]), columns[held]
    if not len(columns):
        nothing = np.empty((0, ring.n_channels), dtype=np.float32)
        return nothing, nothing, columns
    data, _ = ring.view(int(bounds[0]) - 1, int(bounds[-1]))
    offsets = bounds[:-1] - bounds[0]
    # A column takes its samples and the one before; where there are fewer samples than
    # columns, some have that one only.
    before = data[offsets]
    empty = (np.diff(bounds) == 0)[:, None]
    inside = np.minimum(offsets + 1, len(data) - 1)
    low = np.where(empty, before, np.fmin(before, np.minimum.reduceat(data, inside, axis=0)))
    high = np.where(empty, before, np.fmax(before, np.maximum.reduceat(data, inside, axis=0)))
    return low, high, columns
