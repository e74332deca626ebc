"""Mirrored ring buffer for one writer and many readers.

Windows are contiguous views.
"""

from dataclasses import dataclass

import numpy as np

from bci.signals import FloatArray, TimeArray


@dataclass(frozen=True, slots=True)
class RingRead:
    """Samples read from a ring.

    ``data`` (n_samples, n_channels) and ``timestamps`` (n_samples,) are views. They are valid until
    the writer overwrites them (see `RingBuffer.still_holds`). ``first`` is the absolute index of
    the first sample. ``lost`` counts the samples that were overwritten before they were read.
    """

    data: FloatArray
    timestamps: TimeArray
    first: int
    lost: int


class RingBuffer:
    """Ring of the last ``capacity`` samples, addressed by absolute sample index.

    Each sample is written twice, ``capacity`` rows apart, so that any ``capacity`` or fewer
    consecutive samples are one contiguous slice. Lost samples (a jump of the index) are NaN. The
    writer updates `end` last. A reader takes no lock and checks with `still_holds` afterwards.

    Parameters
    ----------
    capacity : int
        Number of samples that are kept; at least 1.
    n_channels : int
        Number of channels; at least 1.

    Raises
    ------
    ValueError
        If ``capacity`` or ``n_channels`` is less than 1.
    """

    def __init__(self, capacity: int, n_channels: int) -> None:
        if capacity < 1 or n_channels < 1:
            raise ValueError(
                f"a ring needs at least 1 sample and 1 channel, not {capacity} and {n_channels}"
            )
        self.capacity = capacity
        self.n_channels = n_channels
        self.end = 0
        self.segment: int | None = None
        """Absolute index of the first sample since the last gap; None before that sample."""
        self._begin = 0
        self._data = np.full((2 * capacity, n_channels), np.nan, dtype=np.float32)
        self._timestamps = np.full(2 * capacity, np.nan)

    def clear(self) -> None:
        """Drop all samples.

        The next may have any index. Do not call it while a thread reads.
        """
        self.end = self._begin = 0
        self.segment = None

    def mark_gap(self) -> None:
        """Record that samples were lost, so that the next sample starts a new segment."""
        self.segment = None

    @property
    def oldest(self) -> int:
        """Absolute index of the oldest sample in the ring."""
        return max(self._begin, self.end - self.capacity)

    def write(self, data: FloatArray, timestamps: TimeArray, first: int) -> None:
        """Append samples.

        Parameters
        ----------
        data : ndarray, shape (n_samples, n_channels)
            Samples to append.
        timestamps : ndarray, shape (n_samples,)
            Their time stamps, in seconds.
        first : int
            Absolute index of ``data[0]``; beyond `end`, the gap is filled with NaN.

        Raises
        ------
        ValueError
            If ``first`` is below `end`, since samples cannot be written again.
        """
        if self.end == 0:
            self._begin = self.end = first
        if first < self.end:
            raise ValueError(f"sample {first} was already written (the ring ends at {self.end})")
        gap = min(first - self.end, self.capacity)
        if gap:
            self._put(np.nan, np.nan, first - gap, gap)
        skipped = max(0, len(data) - self.capacity)
        self._put(data[skipped:], timestamps[skipped:], first + skipped, len(data) - skipped)
        if gap or self.segment is None:
            self.segment = first
        self.end = first + len(data)

    def _put(
        self, data: FloatArray | float, timestamps: TimeArray | float, first: int, n: int
    ) -> None:
        at = first % self.capacity
        until_wrap = min(n, self.capacity - at)
        for rows, to in ((slice(0, until_wrap), at), (slice(until_wrap, n), 0)):
            length = rows.stop - rows.start
            for copy in (to, to + self.capacity):
                target = slice(copy, copy + length)
                self._data[target] = data[rows] if isinstance(data, np.ndarray) else data
                self._timestamps[target] = (
                    timestamps[rows] if isinstance(timestamps, np.ndarray) else timestamps
                )

    def view(self, start: int, stop: int) -> tuple[FloatArray, TimeArray]:
        """Return views of samples and time stamps from ``start`` to ``stop`` (exclusive).

        Both are absolute indices. The shapes are (n_samples, n_channels) and (n_samples,).

        Raises
        ------
        IndexError
            If the ring lacks a sample of that range.
        """
        if not self.oldest <= start <= stop <= self.end:
            raise IndexError(f"samples {start}-{stop} are not held ({self.oldest}-{self.end} are)")
        at = start % self.capacity
        rows = slice(at, at + stop - start)
        return self._data[rows], self._timestamps[rows]

    def read(self, cursor: int, max_samples: int | None = None) -> RingRead:
        """Read at most ``max_samples`` samples from absolute index ``cursor`` on.

        Continue with ``cursor = got.first + len(got.data)``, where ``got`` is the result.
        ``got.first`` is above ``cursor`` if samples there were overwritten.
        """
        end = self.end
        first = min(max(cursor, self._begin, end - self.capacity), end)
        stop = end if max_samples is None else min(end, first + max_samples)
        at = first % self.capacity
        rows = slice(at, at + stop - first)
        lost = max(0, first - max(cursor, self._begin))
        return RingRead(self._data[rows], self._timestamps[rows], first, lost)

    def latest(self, n_samples: int) -> RingRead:
        """Read the newest ``n_samples`` samples, or all if there are fewer."""
        return self.read(max(self._begin, self.end - n_samples))

    def since_gap(self) -> RingRead:
        """Read all samples since the last gap; empty between a gap and the next sample."""
        return self.read(self.end if self.segment is None else self.segment)

    def still_holds(self, first: int) -> bool:
        """Return True if sample ``first`` is not overwritten; call it after using a view."""
        return first >= self.end - self.capacity
