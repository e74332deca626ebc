"""Where windows end: at every hop, or a fixed time after each cue."""

import bisect
from typing import Protocol

import numpy as np

from bci.pipeline.ring import RingBuffer
from bci.types import TimeArray

_NEVER = 1 << 62
# Cues that may be waited for at once: what is more is not a paradigm but a flood.
_MOST_AWAITED = 1000


class WindowEnds(Protocol):
    """Absolute output indices, exclusive, at which windows end."""

    def after(self, index: int) -> int:
        """The first end beyond an index."""

    def count(self, start: int, stop: int) -> int:
        """How many ends lie beyond ``start`` and not beyond ``stop``."""


class EveryHop:
    """Multiples of the hop, counted from the stream's beginning."""

    def __init__(self, hop: int) -> None:
        self._hop = hop

    def after(self, index: int) -> int:
        return (index // self._hop + 1) * self._hop

    def count(self, start: int, stop: int) -> int:
        return stop // self._hop - start // self._hop


class AtCues:
    """One window for each time asked for, beginning at the sample nearest to it.

    Parameters
    ----------
    n_samples : int
        Of a window, at the output rate.
    decimation : int
        Input samples an output sample.
    period : float
        Between output samples, in seconds.
    """

    def __init__(self, n_samples: int, decimation: int, period: float) -> None:
        self._n_samples = n_samples
        self._decimation = decimation
        self._slack = period / 2
        self._awaited: list[float] = []
        self._ends: list[int] = []
        self.overdue: list[int] = []

    def ask(self, time: float, ring: RingBuffer, since: int) -> bool:
        """Want the window that begins at ``time``; False if its beginning cannot be had.

        One whose samples have all passed already is put into ``overdue``. ``since`` is where the
        samples without a gap begin.
        """
        if len(self._awaited) >= _MOST_AWAITED:
            return False
        oldest = max(since, ring.oldest)
        timestamps = ring.view(oldest, ring.end)[1]
        if not len(timestamps) or time - self._slack > timestamps[-1]:
            bisect.insort(self._awaited, time)
            return True
        start = oldest + int(np.searchsorted(timestamps, time - self._slack))
        if timestamps[start - oldest] > time + self._slack:
            return False
        end = start + self._n_samples
        if end <= ring.end:
            self.overdue.append(end)
        elif end not in self._ends:
            bisect.insort(self._ends, end)
        return True

    def locate(self, timestamps: TimeArray, first: int) -> int:
        """Find awaited beginnings in new input samples; how many will never come.

        ``first`` is the absolute input index of ``timestamps[0]``.
        """
        missed = 0
        while self._awaited:
            time = self._awaited[0]
            row = int(np.searchsorted(timestamps, time - self._slack))
            start = -(-(first + row) // self._decimation)
            row = start * self._decimation - first
            if row >= len(timestamps):
                break
            self._awaited.pop(0)
            if timestamps[row] > time + self._slack:
                missed += 1
            elif start + self._n_samples not in self._ends:
                bisect.insort(self._ends, start + self._n_samples)
        return missed

    def after(self, index: int) -> int:
        at = bisect.bisect_right(self._ends, index)
        return self._ends[at] if at < len(self._ends) else _NEVER

    def count(self, start: int, stop: int) -> int:
        return bisect.bisect_right(self._ends, stop) - bisect.bisect_right(self._ends, start)

    def forget(self, index: int) -> None:
        """Drop the ends that are not beyond an index."""
        del self._ends[: bisect.bisect_right(self._ends, index)]
