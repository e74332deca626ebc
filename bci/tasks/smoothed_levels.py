"""Expected levels of each axis, smoothed for the eye."""

from collections import deque
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.tasks.emotion_levels import LevelGrid, expected_levels

# An exponential mean lies so far behind: longer is calmer.
DELAY_S = 2.0
BREAK_S = 2.0
_KEPT_S = 60.0


class LevelPoint(NamedTuple):
    """The expected level on each axis, counted from 1, at a time in seconds."""

    time: float
    expected: tuple[float, ...]


class LevelCourse:
    """An exponential mean of the predicted probabilities, to be drawn: it decides nothing.

    What it shows is ``delay_s`` behind the predictions on average, in addition to what these take.
    After two seconds without any it begins again.
    """

    def __init__(self, grid: LevelGrid, delay_s: float = DELAY_S) -> None:
        self.grid, self.delay_s = grid, delay_s
        self.steps: deque[LevelPoint] = deque()
        self.reset()

    def reset(self) -> None:
        """Nothing is expected now; the steps stay."""
        self._joint: NDArray[np.float64] | None = None

    def add(self, time: float, probabilities: NDArray[np.floating]) -> None:
        """One prediction (n_classes,), at a time in seconds."""
        now = np.asarray(probabilities, dtype=np.float64)
        since = time - self.steps[-1].time if self.steps else 0.0
        if self._joint is None or not 0 <= since <= BREAK_S:
            self._joint = now
        else:
            kept = exp(-since / self.delay_s)
            self._joint = kept * self._joint + (1 - kept) * now
        expected = expected_levels(self.grid.by_axis(self._joint))
        self.steps.append(LevelPoint(time, tuple(float(level) for level in expected)))
        while self.steps[0].time < time - _KEPT_S:
            self.steps.popleft()

    @property
    def by_axis(self) -> NDArray[np.float64] | None:
        """Smoothed probabilities (n_axes, n_levels); None while there are none."""
        return None if self._joint is None else self.grid.by_axis(self._joint)


def true_levels(grid: LevelGrid, cue: str | None) -> tuple[int, ...]:
    """The levels, from 1, that a cue names; empty where it names none."""
    if cue not in grid.classes:
        return ()
    return tuple(int(k) + 1 for k in grid.numbers(np.array([cue]))[0])
