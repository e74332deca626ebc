"""Smoothing of a regular stream's time stamps, and indices of its samples that show losses."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.clock import time_line
from bci.signals import TimeArray

# Memory of the line fitted to the stamps, in seconds: at first, and after it has settled.
_MEMORY_S = (2.0, 20.0)
# Memory of the stamps' deviations from the line, in seconds.
_JITTER_S = 3.0
# Stamps off the line are judged after _PATIENCE_S of later stamps (at least _FEWEST), and at the
# latest after _BOUND_S or _MAX_WAITING samples.
_PATIENCE_S, _FEWEST = 0.25, 3
_BOUND_S, _MAX_WAITING = 8.0, 20_000
# No sample arrives before it was measured; tolerance of the clocks' offsets, in seconds.
_AHEAD_S = 1.0
# A stream faster than real time by this factor is a replay, whose gaps take no time.
_REPLAY = 1.05
# For a device's clock: number of seconds whose least lags are kept, number needed to estimate the
# drift, and the largest accepted drift (quartz is a hundred times better).
_LAG_MEMORY = 30
_LAGS_FOR_DRIFT = 10
_MAX_DRIFT = 1e-3
_CLOCK_SET_S = 1.0
_LATE_S = 0.05


@dataclass(frozen=True, slots=True)
class Stamps:
    """Time stamps of ``n`` samples.

    ``timestamps`` (n,) are smooth, in seconds. ``indices`` (n,) are absolute and also count lost
    samples. ``raw`` (n,) are the sender's unchanged time stamps.
    """

    timestamps: TimeArray
    indices: NDArray[np.int64]
    raw: TimeArray


@dataclass(frozen=True, slots=True)
class Position:
    """One sample's time stamp by the sender, with its index and smooth time in this program."""

    stamp: float  # The sender's time stamp, in seconds on its own clock
    sample: int  # Number of samples that were received before it
    index: int  # Absolute index, which also counts lost samples
    time: float  # Smooth time stamp, in seconds on the LSL clock


class SampleClock:
    """Smooth the time stamps of one regular stream and number its samples.

    The true rate may differ from the nominal one. Every sample gets a smooth stamp and an absolute
    index. The clock distinguishes these cases:

    - Stamps step forward and stay there: samples were lost, and the index jumps.
    - Stamps step forward and return: samples were late or one stamp was wrong; nothing was lost.
    - Stamps step back, or forward beyond the time of arrival: the sender's clock was set. The index
      continues. If the clock was set by more than ten seconds, the smooth stamps continue too.

    Samples whose stamps are off the line wait for a quarter second of later stamps, or for a few
    of the sender's chunks. If later stamps show that a loss was none, it is no longer counted.

    With regular stamps, a single lost sample is detected; with jitter, only losses longer than the
    jitter. The result does not depend on how the stamps are split into calls, if ``arrived`` is
    omitted or increases in proportion.
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
        """Number of samples that wait for later stamps before they get an index."""
        return len(self._waiting)

    @property
    def sfreq(self) -> float:
        """Rate estimated from the stamps, in hertz; at first the nominal rate."""
        return 1.0 / float(self._state[time_line.PERIOD])

    @property
    def jitter_s(self) -> float:
        """Largest recent deviation of the stamps from the fitted line, in seconds."""
        return float(max(self._state[time_line.SECOND], self._state[time_line.DEPTH]))

    def stamp(
        self,
        raw: TimeArray,
        # Time of arrival on this computer's clock. Without it, as for a file, every permanent step
        # forward counts as lost samples
        arrived: float | None = None,
        final: bool = False,  # No later stamps will come, so that no sample waits
        # The newest plausible stamp; a step beyond it means that the clock was set
        latest: float = float("inf"),
    ) -> Stamps:
        """Smooth and number the next samples by their raw time stamps.

        ``raw`` (n_samples,) are in seconds on the sender's clock. A stamp that is not finite counts
        as on time. Returns the smooth stamps, in order, of all samples that can be numbered now:
        earlier ones that waited, then these. `n_waiting` samples are left.
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
        """Expect a gap after the sender was away; its clock was set by ``moved_s`` seconds."""
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
        """Return the newest stamp that a loss can explain; beyond it, the clock was set."""
        if arrived is None or self._first_arrival is None:
            return float("inf")
        # In a replay faster than real time, gaps take no time.
        if self._streamed_s > _REPLAY * (arrived - self._first_arrival) + _AHEAD_S:
            return float("inf")
        return arrived + self._lead + _AHEAD_S


def number_samples(
    raw: TimeArray, sfreq: float, latest: float = float("inf")
) -> tuple[Stamps, SampleClock]:
    """Smooth the time stamps of a whole recording and number its samples.

    ``raw`` (n_samples,) are in seconds on the sender's clock. ``sfreq`` is the nominal rate in
    hertz. Also returns the clock, which has the numbers of gaps and lost samples. ``latest`` is the
    newest plausible stamp; a step beyond it means that the sender's clock was set.
    """
    clock = SampleClock(sfreq)
    return clock.stamp(raw, final=True, latest=latest), clock


class DeviceClock:
    """Conversion of times on a device's own clock to LSL times.

    The least lag between device time and arrival is the offset between the clocks plus the
    shortest transmission time. Its slope over half a minute gives the drift. If the lag jumps by
    more than a second, or by less for a whole second, the device's clock was set or had stopped.
    Then the estimate starts again.
    """

    def __init__(self) -> None:
        self._lags: deque[tuple[float, float]] = deque(maxlen=_LAG_MEMORY)
        self._now: tuple[float, float] | None = None  # least lag of the present second

    def to_lsl(self, device_times: TimeArray, arrived: float) -> TimeArray:
        """Convert device times of samples that arrived together to LSL times, (n_samples,).

        ``device_times`` (n_samples,) are in order of time. All times are in seconds; ``arrived`` is
        the LSL time of arrival.
        """
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
