"""Frames of a screen: numbers and due times from the times of the swaps."""

from enum import Enum
from math import ceil, floor, isfinite, nan
from typing import NamedTuple

# Share of an error of phase that one swap corrects, and of one of the period. The time of a swap
# is read late now and then, so a single one counts for little.
_PHASE_GAIN, _PERIOD_GAIN = 0.1, 0.002
# A swap that is read this late, in periods, belongs to the frame before all the same.
_SLACK = 0.05


class PacedBy(Enum):
    """Pacemaker of the frames."""

    VERTICAL_SYNC = "vertical sync"
    TIMER = "timer"


class Frame(NamedTuple):
    """One frame that is about to be painted.

    ``number`` counts from the opening of the presenter, dropped frames included. ``due`` is the
    LSL time at which the frame is expected on the screen, in seconds.
    """

    number: int
    due: float


class Swap(NamedTuple):
    """One frame that was shown.

    ``number`` is the frame's own number, ``time`` the LSL time of the swap. ``interval_s`` is the
    time since the swap before, NaN for the first one. ``dropped`` counts the periods since then
    in which no new frame was shown. ``is_late``: no period was lost, but the frame was shown more
    than half a period after it was due.
    """

    number: int
    time: float
    interval_s: float
    dropped: int
    is_late: bool


class FrameClock:
    """Predict the next frame from the swaps.

    With vertical sync the clock follows the swaps; their period is refined slowly. With a timer
    the clock is a fixed grid, since it is what the timer follows itself.

    Parameters
    ----------
    period_s : float
        Period of the screen, in seconds.
    paced_by : PacedBy
    """

    def __init__(self, period_s: float, paced_by: PacedBy) -> None:
        self.period_s = period_s
        self.paced_by = paced_by
        self._nominal_s = period_s
        self._number = -1
        self._phase = nan  # where the newest frame is on the grid, seconds
        self._swapped = nan

    def restart(self) -> None:
        """Forget the phase: frames were not shown for a time. Numbers continue."""
        self._phase = self._swapped = nan

    def pace(self, period_s: float, paced_by: PacedBy) -> None:
        """Take another period and pacemaker. Numbers continue."""
        self.period_s = self._nominal_s = period_s
        self.paced_by = paced_by
        self.restart()

    @property
    def has_phase(self) -> bool:
        """True once a frame was shown."""
        return isfinite(self._phase)

    def next(self, now: float) -> Frame:
        """Return the earliest frame that can still be shown."""
        if not self.has_phase:
            return Frame(self._number + 1, now + self.period_s)
        periods = (now - self._phase) / self.period_s
        steps = max(1, ceil(periods - _SLACK) if self._follows else round(periods))
        return Frame(self._number + steps, self._phase + steps * self.period_s)

    def swapped(self, frame: Frame, time: float) -> Swap:
        """Take the time at which a frame was shown."""
        if not self.has_phase:
            self._number, self._phase, self._swapped = frame.number, time, time
            return Swap(frame.number, time, nan, 0, False)
        interval_s = time - self._swapped
        behind = (time - frame.due) / self.period_s
        # A screen shows a frame at the beginning of a period; with a timer it may be within one.
        missed = max(0, round(behind) if self._follows else floor(behind))
        steps = frame.number - self._number + missed
        self._number += steps
        self._phase += steps * self.period_s
        self._swapped = time
        if self._follows:
            self._follow(time - self._phase, time)
        is_late = steps == 1 and behind > 0.5
        return Swap(self._number, time, interval_s, steps - 1, is_late)

    @property
    def _follows(self) -> bool:
        return self.paced_by is PacedBy.VERTICAL_SYNC

    def _follow(self, error_s: float, time: float) -> None:
        if abs(error_s) > self.period_s / 2:
            self._phase = time
            return
        self._phase += _PHASE_GAIN * error_s
        period_s = self.period_s + _PERIOD_GAIN * error_s
        self.period_s = min(max(period_s, 0.98 * self._nominal_s), 1.02 * self._nominal_s)
