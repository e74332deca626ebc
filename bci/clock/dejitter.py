"""Time stamps of a regular stream made smooth, and its samples numbered so that losses show."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.clock import time_line
from bci.signals import TimeArray

# The line through the stamps remembers this long: at first, and when it has settled.
_MEMORY_S = (2.0, 20.0)
# Excursions are remembered for this long.
_JITTER_S = 3.0
# Stamps off the line are judged after so long, and after this long or so many samples at most.
_PATIENCE_S, _FEWEST = 0.25, 3
_BOUND_S, _MAX_WAITING = 8.0, 20_000
# No sample arrives before it was taken; clocks and their offsets are good to this.
_AHEAD_S = 1.0
# Faster than this a stream is a replay, whose gaps need no pause.
_REPLAY = 1.05
# A device's clock: least lags of so many seconds are kept, a drift is believed after so many,
# and up to this much (quartz is a hundred times better).
_LAG_MEMORY = 30
_LAGS_FOR_DRIFT = 10
_MAX_DRIFT = 1e-3
_CLOCK_SET_S = 1.0
_LATE_S = 0.05


@dataclass(frozen=True, slots=True)
class Stamps:
    """``timestamps`` (n,) float64 in seconds and absolute ``indices`` (n,) int64 of samples.

    ``raw`` (n,) float64 are the stamps as the sender gave them.
    """

    timestamps: TimeArray
    indices: NDArray[np.int64]
    raw: TimeArray


@dataclass(frozen=True, slots=True)
class Position:
    """Place of one sample in the sender's stream and in our count."""

    stamp: float  # Time stamp as the sender gave it, in seconds on its own clock
    sample: int  # Samples that were received before it
    index: int  # Absolute index, which also counts lost samples
    time: float  # Smooth time stamp, in seconds on the LSL clock


class SampleClock:
    """Follow the time stamps of one regular stream.

    Gives smooth stamps (the true rate may be any other than the nominal one) and an absolute
    index to every sample. Stamps that step forward for good are lost samples: the index jumps
    too. Stamps that come back are lateness, or one wrong stamp, and lose nothing. A step back,
    or one forward that runs ahead of the arrival, is a clock that was set: the index continues, and
    so do the stamps where it was set by more than ten seconds. Samples whose stamps are off the
    line wait for a quarter second of later ones, or a few of the sender's chunks. A loss that
    later stamps undo is forgiven.

    Where the stamps are regular, a single lost sample is found; where they jitter, only losses
    longer than the jitter are. The outcome does not depend on how the stamps are split into
    calls (if ``arrived`` is left out, or in proportion).
    """

    def __init__(self, sfreq: float) -> None:
        if not sfreq > 0:
            raise ValueError(f"a sample clock needs a rate above 0 Hz, not {sfreq}")
        self._period = 1.0 / sfreq
        patience = max(_FEWEST, round(_PATIENCE_S * sfreq))
        self._settings = np.zeros(time_line.N_SETTINGS)
        self._settings[time_line.FIRST_MEMORY] = max(8.0, _MEMORY_S[0] * sfreq)
        self._settings[time_line.MEMORY_LIMIT] = max(8.0, _MEMORY_S[1] * sfreq)
        self._settings[time_line.JITTER_MEMORY] = max(8.0, _JITTER_S * sfreq)
        self._settings[time_line.SECOND_LONG] = max(1, round(sfreq))
        self._settings[time_line.PATIENCE] = patience
        longest = min(round(_BOUND_S * sfreq), _MAX_WAITING)
        self._settings[time_line.BOUND] = max(longest, 4 * patience)
        self._state = np.zeros(time_line.N_STATE)
        self._state[time_line.PERIOD] = self._period
        self._counts = np.zeros(time_line.N_COUNTS, dtype=np.int64)
        self._waiting: TimeArray = np.empty(0)
        self._first_arrival: float | None = None
        self._lead = -float("inf")
        self._streamed_s = 0.0
        self._jumps_seen = 0

    @property
    def lost_samples(self) -> int:
        return int(self._counts[time_line.LOST])

    @property
    def gaps(self) -> int:
        return int(self._counts[time_line.GAPS])

    @property
    def clock_jumps(self) -> int:
        return int(self._counts[time_line.JUMPS])

    @property
    def n_waiting(self) -> int:
        """Number of samples that wait for later stamps to show what they are."""
        return len(self._waiting)

    @property
    def sfreq(self) -> float:
        """The rate that the stamps show, in hertz; the nominal one before any came."""
        return 1.0 / float(self._state[time_line.PERIOD])

    @property
    def jitter_s(self) -> float:
        """Largest recent distance of the stamps from a straight line, in seconds."""
        return float(max(self._state[time_line.SECOND], self._state[time_line.DEPTH]))

    def stamp(
        self,
        raw: TimeArray,
        # On a clock of ours; without it (from a file) every step forward for good is lost samples
        arrived: float | None = None,
        final: bool = False,  # No more will come: nothing waits
        # The newest stamp that can be right; a step beyond it is a clock that was set
        latest: float = float("inf"),
    ) -> Stamps:
        """Take the raw time stamps of the next samples.

        Stamps are in seconds; one that is not finite counts as on time. Returned are those of the
        samples that waited and these, in order, as many as can be numbered; `n_waiting` are left.
        """
        raw = np.asarray(raw, dtype=np.float64)
        n_new = len(raw)
        self._streamed_s += n_new * float(self._state[time_line.PERIOD])
        if len(self._waiting):
            raw = np.concatenate([self._waiting, raw])
        times = np.empty(len(raw))
        indices = np.empty(len(raw), dtype=np.int64)
        n_decided = time_line.follow_clock(
            np.ascontiguousarray(raw), min(latest, self._latest(arrived)), final, self._settings,
            self._state, self._counts, times, indices,
        )  # fmt: skip
        if n_decided < len(raw) or len(self._waiting):
            self._waiting = raw[n_decided:].copy()
        if arrived is not None and n_new:
            self._note_arrival(arrived)
        return Stamps(times[:n_decided], indices[:n_decided], raw[:n_decided])

    def resume(self, moved_s: float = 0.0) -> None:
        """Expect a gap: the sender was gone, and its clock moved by so many seconds meanwhile."""
        self._counts[time_line.RESUMED] = 1
        self._state[[time_line.NEXT, time_line.LAST]] += moved_s
        self._waiting += moved_s
        self._lead += moved_s

    def _note_arrival(self, arrived: float) -> None:
        if self._first_arrival is None:
            self._first_arrival = arrived
        if not len(self._waiting):
            ahead = float(self._state[time_line.NEXT]) - arrived
            stepped = self.clock_jumps != self._jumps_seen
            self._lead = ahead if stepped else max(ahead, self._lead)
            self._jumps_seen = self.clock_jumps

    def _latest(self, arrived: float | None) -> float:
        """The newest stamp that a loss can explain; beyond it the clock was set."""
        if arrived is None or self._first_arrival is None:
            return float("inf")
        # A replay faster than real time makes its gaps without a pause.
        if self._streamed_s > _REPLAY * (arrived - self._first_arrival) + _AHEAD_S:
            return float("inf")
        return arrived + self._lead + _AHEAD_S


def number_samples(
    raw: TimeArray, sfreq: float, latest: float = float("inf")
) -> tuple[Stamps, SampleClock]:
    """Smooth stamps and indices of a whole recording, and the clock that has the figures.

    A step beyond ``latest``, the newest stamp that can be right, is a clock that was set.
    """
    clock = SampleClock(sfreq)
    return clock.stamp(raw, final=True, latest=latest), clock


class DeviceClock:
    """LSL times of moments that are known on a device's own clock.

    No sample arrives before it was taken, so the least lag between device time and arrival is
    the offset between the clocks plus the shortest way; its course over half a minute gives the
    drift. When the lag jumps, by more than a second at once or by less for a whole second, the
    device's clock was set or had stood still, and following begins again.
    """

    def __init__(self) -> None:
        self._lags: deque[tuple[float, float]] = deque(maxlen=_LAG_MEMORY)
        self._now: tuple[float, float] | None = None  # least lag of the second that is running

    def to_lsl(self, device_times: TimeArray, arrived: float) -> TimeArray:
        """LSL times of samples that came together, from ascending times of the device."""
        lag = arrived - float(device_times[-1])
        if self._now is not None and abs(lag - self._offset(arrived)) > _CLOCK_SET_S:
            self._lags.clear()
            self._now = None
        if self._now is not None and int(self._now[0]) != int(arrived):
            self._end_second()
        if self._now is None or lag < self._now[1]:
            self._now = arrived, lag
        return device_times + self._offset(arrived)

    def _end_second(self) -> None:
        assert self._now is not None
        if self._lags and self._now[1] - self._line(self._now[0]) > _LATE_S:
            self._lags.clear()
        self._lags.append(self._now)
        self._now = None

    def _offset(self, now: float) -> float:
        known = self._line(now) if self._lags else float("inf")
        return min(known, self._now[1] if self._now is not None else float("inf"))

    def _line(self, now: float) -> float:
        times, lags = np.array(self._lags).T
        drift = 0.0
        if len(times) > _LAGS_FOR_DRIFT:
            drift = float(np.polyfit(times - now, lags, 1)[0])
            drift = min(_MAX_DRIFT, max(-_MAX_DRIFT, drift))
        return float(np.min(lags - drift * (times - now)))
