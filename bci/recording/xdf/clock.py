"""Clock and rate of a stream of an XDF file."""

from typing import Any

import numpy as np

from bci.clock.dejitter import SampleClock
from bci.clock.timekeeping import Timekeeping, findings, regular_rate
from bci.recording.xdf.header import field_of
from bci.recording.xdf.markers import role_of

# A recorder compares clocks every few seconds; a limit needs more than one comparison.
_FEWEST_OFFSETS, _COMPARED_S = 3, 60.0
# A sender's clock was set if its offset changes by more, in seconds.
_CLOCK_SET_S = 1.0


def newest_stamp(stream: dict[str, Any]) -> float:
    """Return the newest plausible time stamp: 60 s after the last comparison of clocks.

    A recorder compares clocks every few seconds until the recording ends, so later stamps are
    wrong. Infinity if there are fewer than three comparisons, or the first stamp does not lie
    near the time of the comparisons.
    """
    times = np.asarray(stream["clock_times"], dtype=np.float64)
    offsets = np.asarray(stream["clock_values"], dtype=np.float64)
    stamps = stream["time_stamps"]
    if len(times) < _FEWEST_OFFSETS or not len(stamps):
        return float("inf")
    compared = times + offsets
    if not compared.min() - _COMPARED_S < float(stamps[0]) < compared.max() + _COMPARED_S:
        return float("inf")
    return float(compared.max()) + _COMPARED_S


def keeping_of(stream: dict[str, Any], clock: SampleClock | None) -> Timekeeping:
    """Judge the clock of a recorded stream by its time stamps and the recorder's comparisons."""
    stamps = np.asarray(stream["time_stamps"], dtype=np.float64)
    compared = np.add(stream["clock_times"], stream["clock_values"])
    ahead = float("nan")
    if len(compared) and len(stamps) and np.isfinite(stamps).all():
        ahead = max(0.0, float(stamps.min() - compared.max())) - max(
            0.0, float(compared.min() - stamps.max())
        )
    # Markers and streams of this program may have a regular rate by chance; they are no signal.
    rate = regular_rate(stamps) if role_of(stream) == "other" else 0.0
    return Timekeeping(
        nominal_hz=float(field_of(stream, "nominal_srate") or 0),
        effective_hz=clock.sfreq if clock else rate,
        n_samples=len(stamps),
        newest=float(stamps[-1]) if len(stamps) else float("nan"),
        ahead_s=ahead,
        clock_jumps=(clock.clock_jumps if clock else 0) + clock_sets(stream["clock_values"]),
    )


def clock_sets(offsets: list[float]) -> int:
    """Count how often the sender's clock was set: jumps of ``offsets`` by more than 1 s."""
    return int(np.count_nonzero(np.abs(np.diff(offsets)) > _CLOCK_SET_S))


def irregular(streams: list[dict[str, Any]]) -> str:
    """Describe the first numeric stream that is no signal only because of its nominal rate.

    The text begins with ``;`` and continues an error message; empty if there is no such stream.
    """
    for stream in streams:
        if field_of(stream, "channel_format") != "string":
            found = findings(keeping_of(stream, None))
            if found:
                return f"; {field_of(stream, 'name')}: {found[-1]}"
    return ""
