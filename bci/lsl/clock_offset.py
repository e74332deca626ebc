"""The offset of a sender's clock from ours, its uncertainty and its drift."""

import ctypes
import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import pylsl
from pylsl.lib import lib
from pylsl.util import handle_error

# Ten minutes of offsets, one a second, for the drift; fewer than half a minute show nothing.
_MAX_OFFSETS = 600
_LEAST_S = 28.0
_LEAST_ERROR_S = 1e-5
# The best of so many is taken: of half a minute.
_RECENT = 15
# Quartz clocks differ by less, in parts per million: assumed until the drift is known.
USUAL_PPM = 100.0
# A drift that is known may be wrong, or change with the temperature, by so much.
DRIFT_ERROR_PPM = 50.0
RENEWED_S = 1.0
"""Time between looks for a better offset, in seconds: stamps are as old as that."""

lib.lsl_time_correction_ex.restype = ctypes.c_double


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """One measurement by liblsl: an exchange of messages with the sender's computer.

    The true offset lies within ``error_s`` of it, since no message is faster than the way there.
    """

    offset_s: float  # Added to the sender's stamps it gives our time
    error_s: float  # Half the round trip
    measured: float  # On our clock, in seconds


def measure_offset(inlet: pylsl.StreamInlet, timeout_s: float) -> ClockOffset:
    """Take the newest measurement, which liblsl renews every two seconds in its own thread.

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
    """Offsets of one sender's clock in the order of their measurement; there is always one."""

    def __init__(self, first: ClockOffset) -> None:
        self._offsets: deque[ClockOffset] = deque((first,), maxlen=_MAX_OFFSETS)

    def add(self, measured: ClockOffset) -> None:
        """Add a measurement, unless it is the newest one again."""
        if measured.measured > self._offsets[-1].measured:
            self._offsets.append(measured)

    @property
    def drift_ppm(self) -> float:
        """Rate of the sender's clock beyond ours, in parts per million; NaN until it is known."""
        if self._offsets[-1].measured - self._offsets[0].measured < _LEAST_S:
            return math.nan
        times = np.array([each.measured for each in self._offsets])
        offsets = [each.offset_s for each in self._offsets]
        # A measurement over a slow way says little.
        weights = [1 / max(each.error_s, _LEAST_ERROR_S) for each in self._offsets]
        return float(-1e6 * np.polyfit(times - times[0], offsets, 1, w=weights)[0])

    def best(self, now: float) -> ClockOffset:
        """Offset with the least bound of its error now, which is its ``error_s``.

        Half the round trip, and what the clock may have drifted since: on a busy network an older
        measurement over a fast way is better than the newest. A known drift is taken into account.
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
