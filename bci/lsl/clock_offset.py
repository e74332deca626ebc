"""Offset of a sender's clock from this computer's, its uncertainty and its drift."""

import ctypes
import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import pylsl
from pylsl.lib import lib
from pylsl.util import handle_error

# The drift is estimated from up to 600 offsets (one per second) that span at least 28 s.
_MAX_OFFSETS = 600
_LEAST_S = 28.0
_LEAST_ERROR_S = 1e-5
# The best of this many newest measurements is used; they span half a minute.
_RECENT = 15
# Largest usual drift of quartz clocks in parts per million, assumed until the drift is known.
USUAL_PPM = 100.0
# Uncertainty of a known drift in parts per million, since it changes with the temperature.
DRIFT_ERROR_PPM = 50.0
RENEWED_S = 1.0
"""Interval at which the best offset is chosen again, in seconds."""

lib.lsl_time_correction_ex.restype = ctypes.c_double


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """One measurement of the offset by liblsl.

    It is an exchange of messages with the sender's computer. The true offset lies within
    ``error_s`` of ``offset_s``, since neither message can take longer than the round trip.
    """

    offset_s: float  # Added to the sender's time stamps, it gives this computer's time
    error_s: float  # Half the round trip, in seconds
    measured: float  # Time of the measurement on this computer's clock, in seconds


def measure_offset(inlet: pylsl.StreamInlet, timeout_s: float) -> ClockOffset:
    """Return the newest measurement of the clock offset.

    A thread of liblsl measures it every two seconds.

    Raises the errors of `pylsl.StreamInlet.time_correction`.
    """
    remote, round_trip, failed = ctypes.c_double(), ctypes.c_double(), ctypes.c_int()
    offset = lib.lsl_time_correction_ex(
        inlet.obj, ctypes.byref(remote), ctypes.byref(round_trip), ctypes.c_double(timeout_s),
        ctypes.byref(failed),
    )  # fmt: skip
    handle_error(failed)
    return ClockOffset(offset, round_trip.value / 2, remote.value + offset)


class OffsetHistory:
    """Measured offsets of one sender's clock, in order of time; never empty."""

    def __init__(self, first: ClockOffset) -> None:
        self._offsets: deque[ClockOffset] = deque((first,), maxlen=_MAX_OFFSETS)

    def add(self, measured: ClockOffset) -> None:
        """Add a measurement, unless it is no newer than the last one."""
        if measured.measured > self._offsets[-1].measured:
            self._offsets.append(measured)

    @property
    def drift_ppm(self) -> float:
        """Excess rate of the sender's clock over this one, in parts per million.

        It is NaN if unknown.
        """
        if self._offsets[-1].measured - self._offsets[0].measured < _LEAST_S:
            return math.nan
        times = np.array([each.measured for each in self._offsets])
        offsets = [each.offset_s for each in self._offsets]
        # A long round trip makes a measurement uncertain.
        weights = [1 / max(each.error_s, _LEAST_ERROR_S) for each in self._offsets]
        return float(-1e6 * np.polyfit(times - times[0], offsets, 1, w=weights)[0])

    def best(self, now: float) -> ClockOffset:
        """Return the offset with the smallest error bound at time ``now``.

        ``now`` is in seconds on this computer's LSL clock.

        Its ``error_s`` is this bound: half the round trip plus the possible drift since the
        measurement. So on a busy network, an older measurement with a short round trip may be
        better than the newest. A known drift is corrected.
        """
        drift = self.drift_ppm
        is_known = not math.isnan(drift)
        uncertain = 1e-6 * (DRIFT_ERROR_PPM if is_known else USUAL_PPM)

        def bound(each: ClockOffset) -> float:
            age = max(0.0, now - each.measured)
            return each.error_s + age * uncertain + RENEWED_S * USUAL_PPM * 1e-6

        found = min(list(self._offsets)[-_RECENT:], key=bound)
        drifted = 1e-6 * drift * (now - found.measured) if is_known else 0.0
        return replace(found, offset_s=found.offset_s - drifted, error_s=bound(found))
