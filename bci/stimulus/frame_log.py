"""Log of the frames of a run: counts and jitter, in memory allocated once."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from bci.signals import TimeArray
from bci.stimulus.frames import PacedBy, Swap

MOST_LOST = 0.005
"""Limit of the share of dropped and late frames; a run above it gets a warning."""

# 18 minutes at 60 Hz; in longer runs the jitter is computed from the newest intervals.
_CAPACITY = 1 << 16


@dataclass(frozen=True, slots=True)
class FrameSummary:
    """Frames of a run.

    Parameters
    ----------
    shown, dropped, late : int
        Number of frames shown; of periods without a new frame; of frames shown more than half a
        period after they were due.
    refresh_hz : float
        Measured refresh rate in hertz, NaN without frames.
    jitter_sd_s, jitter_p99_s : float
        Deviation of the intervals between swaps from whole periods: standard deviation, and 99th
        percentile of the magnitude, in seconds. NaN without frames.
    paced_by : PacedBy
    """

    shown: int
    dropped: int
    late: int
    refresh_hz: float
    jitter_sd_s: float
    jitter_p99_s: float
    paced_by: PacedBy

    @property
    def lost(self) -> float:
        """Share of the run's periods with a dropped or a late frame."""
        periods = self.shown + self.dropped
        return (self.dropped + self.late) / periods if periods else 0.0

    @property
    def is_marked(self) -> bool:
        """True if the share of dropped and late frames is above `MOST_LOST`."""
        return self.lost > MOST_LOST


class FrameLog:
    """Count frames and measure their jitter, without allocating memory during a run.

    Parameters
    ----------
    paced_by : PacedBy
    """

    def __init__(self, paced_by: PacedBy) -> None:
        self.paced_by = paced_by
        self.frames = 0
        self.dropped = 0
        self.late = 0
        self._periods_s: TimeArray = np.empty(_CAPACITY)
        self._n_periods = 0

    def clear(self, paced_by: PacedBy) -> None:
        """Discard all frames, for a new run."""
        self.paced_by = paced_by
        self.frames = self.dropped = self.late = self._n_periods = 0

    def add(self, swap: Swap) -> None:
        """Count one frame that was shown."""
        self.frames += 1
        self.dropped += swap.dropped
        self.late += swap.is_late
        if isfinite(swap.interval_s):
            # An interval with dropped frames is divided by its number of periods.
            row = self._n_periods % _CAPACITY
            self._periods_s[row] = swap.interval_s / (1 + swap.dropped)
            self._n_periods += 1

    def summary(self) -> FrameSummary:
        """Summarise the frames so far."""
        periods_s = self._periods_s[: min(self._n_periods, _CAPACITY)]
        if not len(periods_s):
            nan = float("nan")
            return FrameSummary(self.frames, self.dropped, self.late, nan, nan, nan, self.paced_by)
        period_s = float(np.median(periods_s))
        off_s = periods_s - period_s
        return FrameSummary(
            self.frames,
            self.dropped,
            self.late,
            1 / float(np.mean(periods_s)),
            float(np.std(off_s)),
            float(np.percentile(np.abs(off_s), 99)),
            self.paced_by,
        )
