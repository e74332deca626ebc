"""Time stamps of a regular stream made smooth, and its samples numbered so that losses show."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci import kernels
from bci.types import TimeArray

# The line through the stamps remembers this long: at first, and when it has settled.
_MEMORY_S = (1.0, 20.0)
# For so long after the start only jumps of a quarter second count as losses, since nothing is
# known of the jitter yet.
_LEARNING_S = 2.0
# The envelope of the jitter falls to 1 / e in this time.
_ENVELOPE_S = 10.0
# A sender may hold samples back for this long before a jump of its stamps is no longer
# explained by a pause in their arrival.
_SLACK_S = 1.0
# A device's clock: least lags of so many seconds are kept, a drift is believed after so many,
# and up to this much (quartz is a hundred times better).
_LAG_MEMORY = 30
_LAGS_FOR_DRIFT = 10
_MOST_DRIFT = 1e-3
_CLOCK_SET_S = 1.0
_LATE_S = 0.05


@dataclass(frozen=True, slots=True)
class Stamps:
    """``timestamps`` (n,) float64 in seconds and absolute ``indices`` (n,) int64 of samples."""

    timestamps: TimeArray
    indices: NDArray[np.int64]


class SampleClock:
    """Follows the time stamps of one regular stream.

    Gives smooth stamps (the true rate may differ from the nominal one) and an absolute index
    to every sample. A forward jump of the stamps beyond the jitter seen so far is lost samples:
    the index jumps too. A jump back, or a jump forward that no pause in arrival goes with, is a
    jump of the clock: the stamps follow it, the index does not. Where the stamps are regular, a
    single lost sample is found; where they jitter, only losses longer than the jitter are.

    The outcome does not depend on how the stamps are split into calls (if ``arrived`` is left
    out, or in proportion).

    Parameters
    ----------
    sfreq : float
        Nominal rate in hertz; above 0.
    """

    def __init__(self, sfreq: float) -> None:
        if not sfreq > 0:
            raise ValueError(f"a sample clock needs a rate above 0 Hz, not {sfreq}")
        self._period = 1.0 / sfreq
        self._memory = np.maximum(8.0, np.array(_MEMORY_S) * sfreq)
        self._decay = float(np.exp(-1.0 / (_ENVELOPE_S * sfreq)))
        self._learning = round(_LEARNING_S * sfreq)
        self._state = np.zeros(4)
        self._counts = np.zeros(5, dtype=np.int64)
        self._first_arrival: float | None = None
        self._last_arrival = 0.0

    @property
    def lost_samples(self) -> int:
        return int(self._counts[1])

    @property
    def gaps(self) -> int:
        return int(self._counts[2])

    @property
    def clock_jumps(self) -> int:
        return int(self._counts[3])

    @property
    def sfreq(self) -> float:
        """The rate that the stamps show, in hertz; the nominal one before any came."""
        return 1.0 / float(self._state[1]) if self._counts[4] else 1.0 / self._period

    @property
    def jitter_s(self) -> float:
        """How far the stamps stray from a straight line, at most of late, in seconds."""
        return float(self._state[2])

    def stamp(self, raw: TimeArray, arrived: float | None = None) -> Stamps:
        """Take the raw time stamps of the next samples.

        Parameters
        ----------
        raw : ndarray, shape (n_samples,)
            As the sender gave them, in seconds; a value that is not finite counts as on time.
        arrived : float, optional
            When they arrived, on a clock of ours; without it (from a file) every forward jump
            is lost samples.
        """
        times = np.empty(len(raw))
        indices = np.empty(len(raw), dtype=np.int64)
        kernels.follow_clock(
            np.ascontiguousarray(raw, dtype=np.float64),
            self._period,
            self._memory,
            self._decay,
            self._learning,
            self._longest_pause(arrived),
            self._state,
            self._counts,
            times,
            indices,
        )
        if arrived is not None and len(raw):
            self._last_arrival = arrived
            if self._first_arrival is None:
                self._first_arrival = arrived
        return Stamps(times, indices)

    def _longest_pause(self, arrived: float | None) -> float:
        if arrived is None or self._first_arrival is None:
            return float("inf")
        # A replay faster than real time makes its gaps without a pause.
        streamed = self._counts[4] * self._period
        watched = arrived - self._first_arrival
        if streamed > 2.0 * watched + _SLACK_S:
            return float("inf")
        return arrived - self._last_arrival + _SLACK_S


class DeviceClock:
    """LSL times of moments that are known on a device's own clock.

    No sample arrives before it was taken, so the least lag between device time and arrival is
    the offset between the clocks plus the shortest way; its course over half a minute gives the
    drift. When the lag jumps, by more than a second at once or by less for a whole second, the
    device's clock was set or had stood still, and following begins anew.
    """

    def __init__(self) -> None:
        self._lags: deque[tuple[float, float]] = deque(maxlen=_LAG_MEMORY)
        self._now: tuple[float, float] | None = None  # least lag of the second that is running

    def to_lsl(self, device_times: TimeArray, arrived: float) -> TimeArray:
        """LSL times of samples that came together.

        Parameters
        ----------
        device_times : ndarray, shape (n_samples,)
            Seconds on the device's clock, ascending; at least one.
        arrived : float
            When they came, on the LSL clock.
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
            drift = min(_MOST_DRIFT, max(-_MOST_DRIFT, drift))
        return float(np.min(lags - drift * (times - now)))
