"""Clock and rate of a stream, and one sentence per problem with them.

Files and live streams are judged by the same rules. All commands, the status and the log use the
same sentences.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.signals import Recording, TimeArray

# Largest relative deviation of a measured rate from the nominal one. Quartz is a hundred times
# better; two seconds of jittering stamps measure a rate this well.
_RATE_SHARE = 0.01
# Least length, in seconds and in samples, from which a rate is judged.
_LEAST_S, _LEAST_SAMPLES = 4.0, 100
# Largest difference, in seconds, between stamp and arrival on the same clock.
_MAX_APART_S = 60.0
_YEAR_S = 31_557_600.0
# Unix times since 2001 are larger than this, in seconds.
_UNIX_S = 1e9
# A step longer than this many usual steps is irregular; a regular stream has hardly any.
_IRREGULAR_STEP = 10.0

# Limit of lost samples that are written as zeros: multiple of the real samples, or seconds.
_MAX_LOST, _MAX_LOST_S = 10, 3600.0

_BY_RATE = (
    "set timing.sfreq in the profile (of evaluate, export and replay: --rate) to the true rate"
)
_BY_ARRIVAL = "live, 'timing.stamps: arrival' in the profile helps"


@dataclass(frozen=True, slots=True)
class Timekeeping:
    """Facts about a stream's clock and rate."""

    # Rate that the stream states and rate that its stamps show; 0 where samples come irregularly
    nominal_hz: float
    # Rate that the stream states and rate that its stamps show; 0 where samples come irregularly
    effective_hz: float
    n_samples: int  # Number of samples from which the rate was measured
    newest: float = float("nan")  # The newest stamp, in seconds
    # Seconds that the stamps are ahead of the clock that they should follow; NaN if unknown
    ahead_s: float = float("nan")
    clock_jumps: int = 0  # Number of times that the sender's clock was set
    by_arrival: bool = False  # True if times of arrival are used instead of the stamps

    @property
    def is_off_clock(self) -> bool:
        """True if the stamps are on another clock than markers and predictions."""
        return abs(self.ahead_s) > _MAX_APART_S

    @property
    def is_off_by_years(self) -> bool:
        """True if the stamps are off by more than a year, as with Unix time."""
        return abs(self.ahead_s) > _YEAR_S

    @property
    def is_off_rate(self) -> bool:
        """True if enough samples show another rate than the nominal one."""
        seen = self.n_samples >= _LEAST_SAMPLES and self.effective_hz > 0
        if not seen or self.n_samples < _LEAST_S * min(self.nominal_hz, self.effective_hz):
            return False
        return abs(self.effective_hz - self.nominal_hz) > _RATE_SHARE * self.nominal_hz


def findings(keeping: Timekeeping) -> tuple[str, ...]:
    """List one sentence per problem; empty for a stream without problems.

    Each sentence begins in lower case and fits after the stream's name and a colon.
    """
    found = []
    if keeping.is_off_clock:
        apart = abs(keeping.ahead_s)
        far = f"{apart / _YEAR_S:.1f} years" if apart > _YEAR_S else f"{apart:,.0f} s"
        side = "ahead of" if keeping.ahead_s > 0 else "behind"
        kind = "Unix time, " if keeping.newest > _UNIX_S and keeping.is_off_by_years else ""
        way_out = (
            f"so markers may not fit them; correct the program that sends them ({_BY_ARRIVAL})"
        )
        if keeping.by_arrival:
            way_out = "so the moments of arrival are taken instead"
        found.append(
            f"its time stamps are on another clock ({kind}{far} {side} the LSL clock), {way_out}"
        )
    if keeping.is_off_rate and keeping.nominal_hz > 0:
        share = keeping.effective_hz / keeping.nominal_hz
        found.append(
            f"its nominal rate is {keeping.nominal_hz:g} Hz, its time stamps show "
            f"{keeping.effective_hz:.6g} Hz, so filters act at {share:.3g} times their "
            f"frequencies; {_BY_RATE}"
        )
    elif keeping.is_off_rate:
        found.append(
            f"its nominal rate is 0 Hz (irregular), but its samples come regularly at "
            f"{keeping.effective_hz:.6g} Hz; {_BY_RATE}"
        )
    return (*found, *clock_findings(keeping.clock_jumps))


def clock_findings(clock_jumps: int) -> tuple[str, ...]:
    """List the sentence about a clock that was set ``clock_jumps`` times; empty for 0."""
    if not clock_jumps:
        return ()
    times = "once" if clock_jumps == 1 else f"{clock_jumps} times"
    return (f"its clock was set {times}; samples are counted on over it",)


def regular_rate(stamps: TimeArray) -> float:
    """Estimate the rate of regular time stamps, in hertz; 0 if they are irregular.

    ``stamps`` (n_samples,) are in seconds on any clock.
    """
    if len(stamps) < _LEAST_SAMPLES:
        return 0.0
    steps = np.diff(stamps)
    usual = float(np.median(steps))
    mean = float(stamps[-1] - stamps[0]) / len(steps)
    if not 0 < mean < float("inf") or not 0.5 * mean < usual < 2.0 * mean:
        return 0.0
    odd = (steps < 0) | (steps > _IRREGULAR_STEP * usual)
    return 1.0 / mean if np.mean(odd) < 0.01 else 0.0


def check_markers_fit(recording: Recording) -> None:
    """Check that a recording's markers are on the same clock as its signal.

    Raises `RecordingError` if every marker lies more than a minute before the first or after the
    last sample.
    """
    times = np.array([marker.time for marker in recording.markers])
    inside = (times > -_MAX_APART_S) & (times < recording.duration + _MAX_APART_S)
    if not len(times) or inside.any():
        return
    raise RecordingError(
        f"{recording.source}: all {len(times)} markers lie outside the signal, the first at "
        f"{times[0]:,.0f} s of {recording.duration:,.0f} s: signal and markers were stamped on "
        f"different clocks; correct the program that sends the stamps, and record again"
    )


def check_losses(recording: Recording) -> None:
    """Check that a file with zeros for lost samples would not consist mostly of zeros.

    Raises
    ------
    RecordingError
        If too many samples are lost; the message has their number.
    """
    n_samples = len(recording.data)
    lost = int(recording.indices[-1] - recording.indices[0]) + 1 - n_samples
    if lost > max(_MAX_LOST * n_samples, _MAX_LOST_S * recording.info.sfreq):
        raise RecordingError(
            f"{recording.source or recording.info.name}: {lost:,} samples are lost and only "
            f"{n_samples:,} are there, so the file would hold mostly zeros; look at its time "
            "stamps with 'bci info'"
        )


def losses_of(recording: Recording) -> str | None:
    """Describe a recording's losses: ``lost 52 samples in 3 gaps``; None if it has none."""
    steps = np.diff(recording.indices) - 1
    gaps = steps[steps > 0]
    loops, skipped = split_loops(gaps, recording.info.loop_gap)
    lost, n_gaps = int(gaps.sum()) - skipped, len(gaps) - loops
    if n_gaps == 0:
        return None
    where = f"{n_gaps} gaps" if n_gaps > 1 else "one gap"
    return f"lost {lost:,} sample{'' if lost == 1 else 's'} in {where}"


def split_loops(gaps: NDArray[np.int64], loop_gap: int) -> tuple[int, int]:
    """Count the gaps that are restarts of a looping replay, and their samples.

    ``gaps`` (n_gaps,) are lengths in samples. ``loop_gap`` is the length of a restart's gap; 0 if
    nothing loops.
    """
    seams = gaps[np.abs(gaps - loop_gap) <= 1] if loop_gap > 0 else gaps[:0]
    return len(seams), int(seams.sum())
