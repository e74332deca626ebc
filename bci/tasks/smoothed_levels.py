"""Smooth the expected levels of each axis for display."""

from collections import deque
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.tasks.emotion_levels import LevelGrid, expected_levels

# Time constant of the exponential mean in seconds, which is also its mean delay.
DELAY_S = 2.0
BREAK_S = 2.0
_KEPT_S = 60.0


class LevelPoint(NamedTuple):
    """The expected level on each axis, from 1, at ``time`` in seconds."""

    time: float
    expected: tuple[float, ...]


class LevelCourse:
    """Exponential mean of the predicted probabilities, for display only.

    It is on average ``delay_s`` seconds behind the predictions. It restarts after two seconds
    without a prediction. `steps` has the points of the last minute.
    """

    def __init__(self, grid: LevelGrid, delay_s: float = DELAY_S) -> None:
        self.grid, self.delay_s = grid, delay_s
        self.steps: deque[LevelPoint] = deque()
        self.reset()

    def reset(self) -> None:
        """Restart the mean; the past `steps` stay."""
        self._joint: NDArray[np.float64] | None = None

    def add(self, time: float, probabilities: NDArray[np.floating]) -> None:
        """Add the ``probabilities`` (n_classes,) of a prediction at ``time``, in seconds."""
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
        """Smoothed probabilities.

        The shape is (n_axes, n_levels); None before the first prediction.
        """
        return None if self._joint is None else self.grid.by_axis(self._joint)


def true_levels(grid: LevelGrid, cue: str | None) -> tuple[int, ...]:
    """Return the levels, from 1, of the class ``cue``.

    The result is empty if it is no class of the grid.
    """
    if cue not in grid.classes:
        return ()
    return tuple(int(k) + 1 for k in grid.numbers(np.array([cue]))[0])
