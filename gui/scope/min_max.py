"""Many samples as few columns of pixels: the smallest and the largest value of each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.compiling import kernel
from bci.pipeline.ring import RingBuffer

Channels = Sequence[int] | NDArray[np.int64]


def extremes(
    ring: RingBuffer, start: int, stop: int, per_column: float, channels: Channels
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Smallest and largest value of columns ``start`` to ``stop``, as far as the ring holds them.

    The samples are joined by straight lines; a column takes the part of the line between its left
    and its right edge. So columns join up, and there may be more of them than samples.

    Columns are counted from the stream's first sample; ``per_column`` samples may be less than one.

    Returns
    -------
    low, high : ndarray, shape (n_columns, n_channels)
        NaN where the line touches a value that is not known.
    first : int
        The first column of those that the ring holds; up to it there are none.
    """
    # Column c needs the samples on both sides of its edges.
    first = max(start, int(np.ceil(ring.oldest / per_column)))
    stop = max(first, min(stop, int((ring.end - 1) // per_column)))
    low = np.empty((stop - first, len(channels)), dtype=np.float32)
    high = np.empty_like(low)
    if stop > first:
        begin = int(first * per_column)
        data, _ = ring.view(begin, min(ring.end, int(np.ceil(stop * per_column)) + 1))
        _span(data, np.asarray(channels, dtype=np.int64), begin, first, per_column, low, high)
    return low, high, first


def lost_columns(
    ring: RingBuffer, first: int, n_columns: int, per_column: float
) -> NDArray[np.bool_]:
    """Find the columns, of those that `extremes` gave, that touch a sample that never came.

    Such a sample has no time stamp. One that came without a number has: it is not lost.
    """
    if not n_columns:
        return np.zeros(0, dtype=np.bool_)
    begin = int(first * per_column)
    stop = min(ring.end, int(np.ceil((first + n_columns) * per_column)) + 1)
    _, times = ring.view(begin, stop)
    lost = np.zeros(n_columns, dtype=np.bool_)
    _mark_lost(times, begin, first, per_column, lost)
    return lost


@kernel()
def _mark_lost(times, begin, first, per_column, lost):  # type: ignore[no-untyped-def]
    """Fill ``lost`` (n_columns,) from ``times`` (n_samples,); ``times[0]`` is sample ``begin``."""
    last = len(times) - 1
    for k in range(len(lost)):
        left = max(0, int(np.floor((first + k) * per_column)) - begin)
        right = min(last, int(np.ceil((first + k + 1) * per_column)) - begin)
        for t in range(left, right + 1):
            if np.isnan(times[t]):
                lost[k] = True
                break


@kernel()
def _span(data, channels, begin, first, per_column, low, high):  # type: ignore[no-untyped-def]
    """Fill ``low`` and ``high`` (n_columns, n_shown) from ``data`` (n_samples, n_channels).

    ``channels`` (n_shown,) are those that are shown. ``data[0]`` is sample ``begin``, ``low[0]``
    column ``first``. Nothing is kept between calls: a column is the same whenever it is computed.
    One pass over the samples.
    """
    n_columns, n_channels = low.shape
    last = len(data) - 1
    for k in range(n_columns):
        smallest, largest = low[k], high[k]
        for edge in range(2):
            at = (first + k + edge) * per_column - begin
            before = min(max(int(np.floor(at)), 0), last)
            share = np.float32(at - before)
            after = min(before + 1, last) if share > 0.0 else before
            for c in range(n_channels):
                start, stop = data[before, channels[c]], data[after, channels[c]]
                value = start + share * (stop - start)
                if edge == 0:
                    smallest[c] = largest[c] = value
                else:
                    # A comparison with NaN is false: what was lost is put in by hand.
                    if value < smallest[c] or np.isnan(value):
                        smallest[c] = value
                    if value > largest[c] or np.isnan(value):
                        largest[c] = value
        left = int(np.ceil((first + k) * per_column)) - begin
        right = int(np.floor((first + k + 1) * per_column)) - begin
        for t in range(left, min(right, last) + 1):
            for c in range(n_channels):
                value = data[t, channels[c]]
                if value < smallest[c] or np.isnan(value):
                    smallest[c] = value
                if value > largest[c] or np.isnan(value):
                    largest[c] = value
