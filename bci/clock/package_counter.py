"""Lost packets, detected by the packet counter that a board sends with its samples."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from bci.signals import TimeArray

# Number of packets from which the counter's step and the rows per packet are determined.
_LEARN_PACKAGES = 10_000


class PackageCounter:
    """Number samples by a board's packet counter, so that losses are visible in the index.

    Boards differ in the counter's step per packet, in the number of rows with the same number, and
    in the value at which it wraps. These are estimated from the data. If the counter is constant
    or irregular, no loss is counted.
    """

    def __init__(self, sfreq: float) -> None:
        self._sfreq = sfreq
        self._last = float("nan")  # Counter, time and index of the row before
        self._last_time = float("nan")
        self._index = -1
        self._low, self._high = float("inf"), float("-inf")
        self._steps: Counter[float] = Counter()
        self._row_counts: Counter[int] = Counter()
        self._run: int | None = None  # Rows since the counter changed; None before the first change
        self._wraps = 0  # Wraps from the largest to the least number, since that range last grew
        self.lost_packages = 0

    def count(self, numbers: NDArray[np.float64], times: TimeArray) -> NDArray[np.int64]:
        """Compute the absolute indices of the next rows, (n,).

        ``numbers`` (n,) are the counter's values, ``times`` (n,) are in seconds. The times show
        whether more than a whole cycle of the counter was lost.
        """
        if not len(numbers):
            return np.empty(0, dtype=np.int64)
        if self._index < 0:  # the first row is compared with itself
            self._last, self._last_time = float(numbers[0]), float(times[0])
        advance = np.diff(numbers, prepend=self._last)
        elapsed = np.diff(times, prepend=self._last_time)
        self._learn(numbers, advance)
        lost = np.zeros(len(numbers), dtype=np.int64)
        step, rows = self._step, self._rows
        if step:
            ordinary = (advance == 0) | (advance == step)
            for row in np.flatnonzero(~ordinary):
                now = float(numbers[row])
                lost[row] = self._lost(now, float(advance[row]), float(elapsed[row]), step, rows)
        self.lost_packages += int(lost.sum())
        indices: NDArray[np.int64] = self._index + np.cumsum(1 + lost * rows)
        self._last, self._last_time = float(numbers[-1]), float(times[-1])
        self._index = int(indices[-1])
        return indices

    def _lost(self, number: float, advance: float, elapsed: float, step: float, rows: int) -> int:
        expected = elapsed * self._sfreq / rows * step  # expected increase of the counter
        wrapped, cycle = self._wraps > 0, self._cycle(step)
        if advance < 0:
            if number == self._low and number - advance == self._high:
                self._wraps += 1
            advance += cycle
            if advance == step:
                return 0
            if advance > cycle / 2 and expected < advance / 2:
                return 0  # out of order or set back: nothing was lost
        if wrapped and expected > advance:
            advance += cycle * round((expected - advance) / cycle)
        return max(0, round(advance / step) - 1)

    def _cycle(self, step: float) -> float:
        """Estimate the counter's cycle from the numbers seen so far."""
        seen = self._high - self._low + step
        if self._wraps > 1:
            return seen
        # Losses may hide the ends of the range. Most counters use whole bytes, so the cycle is
        # rounded up to a power of two.
        binary = 2.0 ** np.ceil(np.log2(max(seen, 256.0)))
        return float(binary) if seen > 0.875 * binary else seen

    def _learn(self, numbers: NDArray[np.float64], advance: NDArray[np.float64]) -> None:
        low, high = float(numbers.min()), float(numbers.max())
        if low < self._low or high > self._high:
            self._low, self._high = min(low, self._low), max(high, self._high)
            self._wraps = 0
        moved = np.flatnonzero(advance)
        if self._steps.total() >= _LEARN_PACKAGES:
            return
        self._steps.update(advance[moved][advance[moved] > 0].tolist())
        if not len(moved):
            if self._run is not None:
                self._run += len(advance)
            return
        if self._run is not None:  # the first run may have begun before the first row
            self._row_counts[self._run + int(moved[0])] += 1
        self._row_counts.update(np.diff(moved).tolist())
        self._run = len(advance) - int(moved[-1])

    @property
    def _step(self) -> float:
        """Usual step of the counter per packet; 0 if the steps are irregular."""
        if not self._steps:
            return 0.0
        most = max(self._steps.values())
        step = min(step for step, times in self._steps.items() if times == most)
        return step if 2 * most > self._steps.total() or self._steps.total() < 8 else 0.0

    @property
    def _rows(self) -> int:
        return self._row_counts.most_common(1)[0][0] if self._row_counts else 1
