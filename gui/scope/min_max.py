"""Reduction of samples to the smallest and largest value per column of pixels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.compiling import kernel
from bci.pipeline.ring import RingBuffer

Channels = Sequence[int] | NDArray[np.int64]


def extremes(
    ring: RingBuffer, start: int, stop: int, per_column: float, channels: Channels
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Return the smallest and largest value of each column from ``start`` to ``stop``.

    Samples are joined by straight lines; a column has the part of the lines between its left and
    right edge. So neighbouring columns touch, and there may be more columns than samples. Columns
    whose samples are not in the ring buffer are left out.

    Columns are counted from the stream's first sample. ``per_column`` is the number of samples per
    column, and may be less than one. ``channels`` are indices.

    Returns
    -------
    low, high : ndarray, shape (n_columns, n_channels)
        NaN if a column's line touches a sample that is NaN.
    first : int
        Number of the first returned column.
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
    """Return a mask of the columns that touch a lost sample, shape (n_columns,).

    ``first`` is that of `extremes`. A lost sample has a time stamp of NaN. A received sample with a
    value of NaN has a time stamp, and is not lost.
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
    """Set ``lost``, (n_columns,), from ``times``, (n_samples,).

    ``times[0]`` is sample number ``begin``; ``lost[0]`` is column number ``first``.
    """
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
    """Set ``low`` and ``high``, (n_columns, n_shown), from ``data``.

    ``data`` has the shape (n_samples, n_channels). ``channels``, (n_shown,), are the indices of the
    shown channels. ``data[0]`` is sample number ``begin``; ``low[0]`` is column number ``first``.
    There is no state between calls, so a column is always the same. The cost is one pass over the
    samples.
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
                    # Comparisons with NaN are false, so NaN needs its own test.
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
