"""Losses of packages, from the counter that a board sends along."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from bci.signals import TimeArray

# So many packages determine the step and the rows of a package.
_LEARN_PACKAGES = 10_000


class PackageCounter:
    """Numbers samples by the package counter that a board sends along, so that losses show.

    How far the counter steps from package to package, how many rows carry the same number and
    where it wraps differ from board to board, and are learnt as it runs. A counter that does not
    move, or moves without a rule, shows nothing; then no loss is counted.
    """

    def __init__(self, sfreq: float) -> None:
        self._sfreq = sfreq
        self._last = float("nan")  # number, time and index of the row before
        self._last_time = float("nan")
        self._index = -1
        self._low, self._high = float("inf"), float("-inf")
        self._steps: Counter[float] = Counter()
        self._row_counts: Counter[int] = Counter()
        self._run: int | None = None  # rows since the number last changed; None until it did
        self._wraps = 0  # since the range of numbers last grew: from its top to its bottom
        self.lost_packages = 0

    def count(self, numbers: NDArray[np.float64], times: TimeArray) -> NDArray[np.int64]:
        """Absolute indices of the next rows, from the counter's values and times in seconds.

        By the times, a loss of more than a whole cycle of the counter is distinguished from less.
        """
        if not len(numbers):
            return np.empty(0, dtype=np.int64)
        if self._index < 0:  # as if the first row had a twin before it
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
        expected = elapsed * self._sfreq / rows * step  # how far the counter should have come
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
        """After how much the counter begins again, by the numbers seen so far."""
        seen = self._high - self._low + step
        if self._wraps > 1:
            return seen
        # Losses may have hidden the ends of the range; most counters are whole bytes.
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
        if self._run is not None:  # the first run may have begun before we listened
            self._row_counts[self._run + int(moved[0])] += 1
        self._row_counts.update(np.diff(moved).tolist())
        self._run = len(advance) - int(moved[-1])

    @property
    def _step(self) -> float:
        """Usual step from package to package; 0 where there is no rule."""
        if not self._steps:
            return 0.0
        most = max(self._steps.values())
        step = min(step for step, times in self._steps.items() if times == most)
        return step if 2 * most > self._steps.total() or self._steps.total() < 8 else 0.0

    @property
    def _rows(self) -> int:
        return self._row_counts.most_common(1)[0][0] if self._row_counts else 1
