"""Onsets of light or sound in the samples of a sensor."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bci.errors import DeviceError
from bci.signals import TimeArray

SensorKind = Literal["light", "sound", "trigger"]

# The sensor must rise from below _ARMED to above _FIRED, as shares of the way from the level at
# rest to the level of the stimulus.
_ARMED, _FIRED = 0.3, 0.5
# Least rest before an onset, in seconds. A shorter one is a pulsed backlight or a sound's period.
_REST_S = {"light": 0.03, "sound": 0.05, "trigger": 0.0}
# Least distance of the two levels, in standard deviations of the sensor's noise.
_LEAST_CONTRAST = 10.0
_SHARES = (0.2, 99.8)
_ROUNDS = 10
# Ratio of a Gaussian's standard deviation to its median absolute deviation.
_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class SensorSignal:
    """Samples of one channel of a sensor.

    Parameters
    ----------
    name : str
        Name of the channel, for messages.
    values : ndarray, shape (n_samples,)
    times : ndarray of float64, shape (n_samples,)
        In seconds, ascending; a larger step is a gap.
    sfreq : float
        In hertz.
    """

    name: str
    values: NDArray[np.floating]
    times: TimeArray
    sfreq: float


@dataclass(frozen=True, slots=True)
class Levels:
    """Robust levels of a sensor at rest and during a stimulus; ``noise`` is the noise's sd."""

    rest: float
    stimulus: float
    noise: float


def find_onsets(signal: SensorSignal, kind: SensorKind = "light") -> TimeArray:
    """Find the times at which light, sound or a trigger pulse begins.

    At an onset, the sensor passes half the way from its level at rest to its level during a
    stimulus; the time is interpolated between two samples. Before it, the sensor must be at rest
    for some time, so that small swings around the middle count once. For a trigger line, the onset
    is the first sample of a pulse. The rarer of the two levels of light is the stimulus, so the
    sensor's polarity does not matter.

    Parameters
    ----------
    signal : SensorSignal
    kind : str
        ``light``, ``sound`` (a wave; its magnitude counts) or ``trigger`` (0 at rest).

    Returns
    -------
    onsets : ndarray of float64, shape (n_onsets,)
        In seconds, on the clock of ``signal.times``.

    Raises
    ------
    DeviceError
        If the channel never changes, or has no two distinct levels.
    """
    finite = np.isfinite(signal.values)
    values, times = signal.values[finite].astype(np.float64), signal.times[finite]
    if len(values) < 2 or float(np.ptp(values)) == 0.0:
        held = f" (it is always {values[0]:g})" if len(values) else " (it gave no sample)"
        raise DeviceError(_unusable(signal, f"never changes{held}", kind))
    if kind == "trigger":
        return _crossings(values, times, Levels(0.0, 1.0, 0.0), 1.0 / signal.sfreq, kind)
    if kind == "sound":
        values = np.abs(values - np.median(values))
    levels = _levels_of(values, kind)
    if levels.stimulus < levels.rest:
        values = -values
        levels = Levels(-levels.rest, -levels.stimulus, levels.noise)
    contrast = levels.stimulus - levels.rest
    if contrast <= _LEAST_CONTRAST * levels.noise:
        why = (
            "never changes by more than its noise"
            if levels.noise
            else "does not pass between two levels"
        )
        raise DeviceError(_unusable(signal, why, kind))
    return _crossings(values, times, levels, 1.0 / signal.sfreq, kind)


def _unusable(signal: SensorSignal, why: str, kind: SensorKind) -> str:
    places = {
        "light": "put the photodiode on the flashing patch",
        "sound": "put the sensor at the loudspeaker",
        "trigger": "connect the trigger line",
    }
    return (
        f"sensor channel {signal.name} {why}: {places[kind]}, or name another channel by "
        "--sensor STREAM:CHANNEL"
    )


def _levels_of(values: NDArray[np.float64], kind: SensorKind) -> Levels:
    """Estimate the two levels between which the values alternate, by medians."""
    low, high = np.percentile(values, _SHARES)
    if kind == "sound":
        rest = float(np.median(values))
        noise = _MAD * float(np.median(np.abs(values - rest)))
        return Levels(rest, float(high), noise)
    for _ in range(_ROUNDS):
        above = values > (low + high) / 2
        if above.all() or not above.any():
            break
        low, high = np.median(values[~above]), np.median(values[above])
    above = values > (low + high) / 2
    quiet = np.diff(values)
    noise = _MAD * float(np.median(np.abs(quiet - np.median(quiet)))) / np.sqrt(2)
    rest, stimulus = (float(high), float(low)) if above.mean() > 0.5 else (float(low), float(high))
    return Levels(rest, stimulus, noise)


def _crossings(
    values: NDArray[np.float64], times: TimeArray, levels: Levels, period: float, kind: SensorKind
) -> TimeArray:
    way = levels.stimulus - levels.rest
    fired_at, armed_at = levels.rest + _FIRED * way, levels.rest + _ARMED * way
    side = np.where(values >= fired_at, 1, np.where(values <= armed_at, -1, 0))
    rows = np.flatnonzero(side)
    sides = side[rows]
    before, after = rows[:-1], rows[1:]
    rising = (sides[:-1] == -1) & (sides[1:] == 1)
    # Rest began after the last sample of the stimulus before.
    lit = np.where(sides == 1, times[rows], -np.inf)
    last_lit = np.maximum.accumulate(lit)[:-1]
    rested = times[after] - last_lit >= _REST_S[kind]
    # The onset of a stimulus that begins in a gap is unknown.
    whole = times[after] - times[after - 1] <= 1.5 * period
    found = after[rising & rested & whole & (before < after)]
    if kind == "trigger":
        firsts: TimeArray = times[found]
        return firsts
    share = (fired_at - values[found - 1]) / (values[found] - values[found - 1])
    onsets: TimeArray = times[found - 1] + share * (times[found] - times[found - 1])
    return onsets
