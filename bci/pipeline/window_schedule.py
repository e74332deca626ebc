"""Schedule the ends of windows: at every hop, or a fixed time after each cue."""

import bisect
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from bci.pipeline.ring import RingBuffer
from bci.signals import TimeArray

_NEVER = 1 << 62
# Most requests that may wait at once; more are no paradigm but a fault.
_MAX_AWAITED = 1000


class WindowSchedule(Protocol):
    """Source of the absolute output indices (exclusive) at which windows end."""

    def request(self, time: float, /) -> bool:
        """Request the window that starts at ``time``; return False if its start was lost."""

    def overdue(self) -> Iterable[int]:
        """Return the ends of requested windows that were complete at once.

        Each end is returned once.
        """

    def expect(self, timestamps: TimeArray, first: int, /) -> int:
        """Match requests with the time stamps of new input samples.

        ``first`` is the absolute input index of ``timestamps[0]``. Return the number of requested
        windows whose start was lost.
        """

    def after(self, index: int) -> int:
        """Return the first end above ``index``."""

    def earliest(self, index: int) -> int:
        """Return the first end above ``index`` that a later request can have."""

    def count(self, start: int, stop: int) -> int:
        """Count the ends above ``start`` and up to ``stop``."""


class EveryHop:
    """Schedule of windows at multiples of the hop.

    They are counted from the start of the stream.
    """

    def __init__(self, hop: int) -> None:
        self._hop = hop

    def request(self, _time: float, /) -> bool:
        return True

    def overdue(self) -> Iterable[int]:
        return ()

    def expect(self, _timestamps: TimeArray, _first: int, /) -> int:
        return 0

    def after(self, index: int) -> int:
        return (index // self._hop + 1) * self._hop

    def earliest(self, index: int) -> int:
        return self.after(index)

    def count(self, start: int, stop: int) -> int:
        return stop // self._hop - start // self._hop


class AtCues:
    """Schedule of one window per requested time, starting at the nearest sample."""

    def __init__(self, n_samples: int, decimation: int, period: float, ring: RingBuffer) -> None:
        self._n_samples = n_samples
        self._decimation = decimation
        self._slack = period / 2
        self._ring = ring
        self._awaited: list[float] = []
        self._ends: list[int] = []
        self._overdue: deque[int] = deque()

    def request(self, time: float, /) -> bool:
        if len(self._awaited) >= _MAX_AWAITED:
            return False
        passed = self._ring.since_gap()
        timestamps = passed.timestamps
        if not len(timestamps) or time - self._slack > timestamps[-1]:
            bisect.insort(self._awaited, time)
            return True
        row = int(np.searchsorted(timestamps, time - self._slack))
        if timestamps[row] > time + self._slack:
            return False
        end = passed.first + row + self._n_samples
        if end <= self._ring.end:
            self._overdue.append(end)
        elif end not in self._ends:
            bisect.insort(self._ends, end)
        return True

    def overdue(self) -> Iterator[int]:
        while self._overdue:
            yield self._overdue.popleft()

    def expect(self, timestamps: TimeArray, first: int, /) -> int:
        del self._ends[: bisect.bisect_right(self._ends, self._ring.end)]
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

    def earliest(self, index: int) -> int:
        return index + 1

    def count(self, start: int, stop: int) -> int:
        return bisect.bisect_right(self._ends, stop) - bisect.bisect_right(self._ends, start)
