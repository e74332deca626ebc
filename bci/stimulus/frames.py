"""Frames of a screen: their numbers and due times, from the times of buffer swaps."""

from enum import Enum
from math import ceil, floor, isfinite, nan
from typing import NamedTuple

# Shares of the errors of phase and period that one swap corrects. They are small, because the
# time of a swap is sometimes read late.
_PHASE_GAIN, _PERIOD_GAIN = 0.1, 0.002
# Tolerance, in periods, for a swap time that was read late.
_SLACK = 0.05


class PacedBy(Enum):
    """Source of the frames' rhythm."""

    VERTICAL_SYNC = "vertical sync"
    TIMER = "timer"


class Frame(NamedTuple):
    """The next frame to be painted.

    ``number`` counts from the opening of the presenter, dropped frames included. ``due`` is the
    LSL time at which the frame is expected on the screen, in seconds.
    """

    number: int
    due: float


class Swap(NamedTuple):
    """One frame that was shown.

    ``number`` is the number of the frame, ``time`` the LSL time of its swap. ``interval_s`` is the
    time since the swap before, NaN for the first one. ``dropped`` counts the periods in between
    without a new frame. ``is_late`` is True if none was dropped but the frame was shown more than
    half a period after it was due.
    """

    number: int
    time: float
    interval_s: float
    dropped: int
    is_late: bool


class FrameClock:
    """Predict the next frame from the times of the swaps.

    With vertical sync, phase and period follow the measured swaps. With a timer, the frames lie
    on a fixed grid of times, which the timer follows.

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
        self._phase = nan  # estimated time of the newest frame on the LSL clock, in seconds
        self._swapped = nan

    def restart(self) -> None:
        """Discard the phase after a pause without frames; frame numbers continue."""
        self._phase = self._swapped = nan

    def pace(self, period_s: float, paced_by: PacedBy) -> None:
        """Change the period and the pacemaker; frame numbers continue."""
        self.period_s = self._nominal_s = period_s
        self.paced_by = paced_by
        self.restart()

    @property
    def has_phase(self) -> bool:
        """True once a frame was shown."""
        return isfinite(self._phase)

    def next(self, now: float) -> Frame:
        """Return the earliest frame that can be shown after ``now``, in seconds of LSL time."""
        if not self.has_phase:
            return Frame(self._number + 1, now + self.period_s)
        periods = (now - self._phase) / self.period_s
        steps = max(1, ceil(periods - _SLACK) if self._follows else round(periods))
        return Frame(self._number + steps, self._phase + steps * self.period_s)

    def swapped(self, frame: Frame, time: float) -> Swap:
        """Update the clock by the LSL ``time`` at which ``frame`` was shown."""
        if not self.has_phase:
            self._number, self._phase, self._swapped = frame.number, time, time
            return Swap(frame.number, time, nan, 0, False)
        interval_s = time - self._swapped
        behind = (time - frame.due) / self.period_s
        # With vertical sync, a frame appears at the start of a period; with a timer, at any time.
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
