"""A mirrored ring buffer: one writer, many readers, every window a contiguous zero-copy view."""

from dataclasses import dataclass

import numpy as np

from bci.signals import FloatArray, TimeArray


@dataclass(frozen=True, slots=True)
class RingRead:
    """Samples that a reader got out of a ring.

    ``data`` (n_samples, n_channels) and ``timestamps`` (n_samples,) are views: they stay right
    until the writer has gone once round (see `RingBuffer.still_holds`). ``lost`` counts the
    samples that were overwritten before this reader came for them.
    """

    data: FloatArray
    timestamps: TimeArray
    first: int
    lost: int


class RingBuffer:
    """Ring of the last ``capacity`` samples, addressed by absolute sample index.

    Each sample is written twice, ``capacity`` rows apart, so that any run of up to
    ``capacity`` samples is one contiguous slice. Samples that never came (a jump of the
    index) read as NaN. The writer publishes by moving `end` last; a reader holds no lock and
    checks afterwards with `still_holds`.

    Parameters
    ----------
    capacity : int
        How many samples are kept; at least 1.
    n_channels : int

    Raises
    ------
    ValueError
        If either is less than 1.
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
        """Absolute index of the first sample since the last gap; None until it is written."""
        self._begin = 0
        self._data = np.full((2 * capacity, n_channels), np.nan, dtype=np.float32)
        self._timestamps = np.full(2 * capacity, np.nan)

    def clear(self) -> None:
        """Forget all samples; the next may have any index. Not while another thread reads."""
        self.end = self._begin = 0
        self.segment = None

    def mark_gap(self) -> None:
        """Let the next sample begin a new segment: samples were lost before it."""
        self.segment = None

    @property
    def oldest(self) -> int:
        """Absolute index of the oldest sample still held."""
        return max(self._begin, self.end - self.capacity)

    def write(self, data: FloatArray, timestamps: TimeArray, first: int) -> None:
        """Append samples.

        Parameters
        ----------
        data : ndarray, shape (n_samples, n_channels)
        timestamps : ndarray, shape (n_samples,)
        first : int
            Absolute index of ``data[0]``; a jump ahead of `end` is a gap, kept as NaN.

        Raises
        ------
        ValueError
            If ``first`` lies before `end`: samples cannot be rewritten.
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
        if self.segment is None:
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
        """Samples ``start`` to ``stop`` (absolute, exclusive) as views, without a copy.

        Raises
        ------
        IndexError
            If a sample of that range is not held.
        """
        if not self.oldest <= start <= stop <= self.end:
            raise IndexError(f"samples {start}-{stop} are not held ({self.oldest}-{self.end} are)")
        at = start % self.capacity
        rows = slice(at, at + stop - start)
        return self._data[rows], self._timestamps[rows]

    def read(self, cursor: int, max_samples: int | None = None) -> RingRead:
        """Everything from ``cursor`` on, at most ``max_samples``; says how many were lost.

        Continue with ``cursor = got.first + len(got.data)``.
        """
        end = self.end
        first = min(max(cursor, self._begin, end - self.capacity), end)
        stop = end if max_samples is None else min(end, first + max_samples)
        at = first % self.capacity
        rows = slice(at, at + stop - first)
        lost = max(0, first - max(cursor, self._begin))
        return RingRead(self._data[rows], self._timestamps[rows], first, lost)

    def latest(self, n_samples: int) -> RingRead:
        """The newest ``n_samples``, or all that there are."""
        return self.read(max(self._begin, self.end - n_samples))

    def since_gap(self) -> RingRead:
        """Everything kept since the last gap; nothing between a gap and the next sample."""
        return self.read(self.end if self.segment is None else self.segment)

    def still_holds(self, first: int) -> bool:
        """True while sample ``first`` is not overwritten: true after use proves the view."""
        return first >= self.end - self.capacity
