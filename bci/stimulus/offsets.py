"""Delays from markers to the onsets of their stimuli: offset, spread and drift."""

from dataclasses import dataclass
from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray

from bci.errors import DeviceError
from bci.signals import TimeArray

# Longest delay that is searched for, in both directions.
_FARTHEST_S = 1.0
# Width of the window in which the differences of markers and onsets are counted.
_CLUSTER_S = 0.05
# An onset belongs to a marker if its delay is this near to the most frequent delay.
_NEAR_S = 0.1
_FEWEST = 10
# Share of the markers that need an onset.
_LEAST_MATCHED = 0.5
_LATE_FRAMES = 0.75
_MOST_IN_DRIFT = 800


@dataclass(frozen=True)
class Delays:
    """Delays from markers to the onsets of their stimuli.

    Parameters
    ----------
    times : ndarray of float64, shape (n_matched,)
        Times of the markers with an onset, in seconds.
    delays : ndarray of float64, shape (n_matched,)
        From each marker to its onset, in seconds; negative where the onset came first.
    n_markers, n_onsets : int
        Numbers of all markers and onsets, matched or not.
    """

    times: TimeArray
    delays: NDArray[np.float64]
    n_markers: int
    n_onsets: int

    @property
    def n_matched(self) -> int:
        return len(self.delays)


@dataclass(frozen=True, slots=True)
class TimingFigures:
    """Timing of one screen or loudspeaker.

    Parameters
    ----------
    n : int
        Number of markers with an onset.
    offset_s : float
        Median delay; ``offset_low_s`` to ``offset_high_s`` is its 95 % interval.
    sd_s, iqr_s : float
        Standard deviation and interquartile range of the delays; ``sd_low_s`` to ``sd_high_s`` is
        the 95 % interval of the standard deviation, for Gaussian delays.
    drift_s_per_min : float
        Slope of the delays (Theil-Sen) in seconds per minute; ``drift_low`` to ``drift_high`` is
        its 95 % interval. NaN if all markers have the same time.
    missed : int
        Number of markers without an onset: flips that the sensor did not detect.
    extra : int
        Number of onsets without a marker.
    late : int or None
        Number of onsets at least three quarters of a frame later than the median delay; None
        without a refresh rate.
    """

    n: int
    offset_s: float
    offset_low_s: float
    offset_high_s: float
    sd_s: float
    sd_low_s: float
    sd_high_s: float
    iqr_s: float
    drift_s_per_min: float
    drift_low: float
    drift_high: float
    missed: int
    extra: int
    late: int | None

    @property
    def drifts(self) -> bool:
        """True if the 95 % interval of the drift does not contain zero."""
        return self.drift_low > 0 or self.drift_high < 0


def match(markers: TimeArray, onsets: TimeArray, source: str) -> Delays:
    """Match the onsets of stimuli to their markers.

    The coarse delay is the most frequent one among all pairs. Near it, each marker gets the nearest
    onset, and each onset at most one marker. Markers should have irregular intervals; with regular
    ones, a delay longer by one interval looks the same.

    Parameters
    ----------
    markers, onsets : ndarray of float64
        Times in seconds, on one clock.
    source : str
        Name of the sensor's channel, for messages.

    Raises
    ------
    DeviceError
        If too few markers have an onset.
    """
    markers, onsets = np.sort(markers), np.sort(onsets)
    if len(markers) < _FEWEST:
        raise DeviceError(
            f"{len(markers)} markers are too few to measure an offset; at least {_FEWEST} are "
            "needed"
        )
    delay = _most_frequent_delay(markers, onsets)
    pairs = [] if delay is None else _nearest(markers, onsets, delay)
    if len(pairs) < max(_FEWEST, _LEAST_MATCHED * len(markers)):
        raise DeviceError(
            f"sensor channel {source}: {len(pairs)} of {len(markers)} flashes have an onset "
            f"({len(onsets)} onsets were found): put the sensor on the patch, and shield it from "
            "other light"
        )
    rows = np.array(pairs)
    times = markers[rows[:, 0]]
    return Delays(times, onsets[rows[:, 1]] - times, len(markers), len(onsets))


def figures_of(delays: Delays, refresh_hz: float | None = None) -> TimingFigures:
    """Summarise the delays; late onsets are counted only with the screen's ``refresh_hz``."""
    values = delays.delays
    offset_s = float(np.median(values))
    low, high = _median_interval(values)
    sd_s = float(np.std(values, ddof=1))
    sd_low, sd_high = _sd_interval(sd_s, len(values))
    slope, slope_low, slope_high = _drift(delays)
    late = None
    if refresh_hz:
        late = int((values - offset_s > _LATE_FRAMES / refresh_hz).sum())
    return TimingFigures(
        n=delays.n_matched,
        offset_s=offset_s,
        offset_low_s=low,
        offset_high_s=high,
        sd_s=sd_s,
        sd_low_s=sd_low,
        sd_high_s=sd_high,
        iqr_s=float(np.subtract(*np.percentile(values, [75, 25]))),
        drift_s_per_min=slope,
        drift_low=slope_low,
        drift_high=slope_high,
        missed=delays.n_markers - delays.n_matched,
        extra=delays.n_onsets - delays.n_matched,
        late=late,
    )


def _drift(delays: Delays) -> tuple[float, float, float]:
    """Slope of the delays and the ends of its 95 % interval, in seconds per minute."""
    from scipy.stats import theilslopes  # takes long to import

    # Theil-Sen computes the slope of every pair, so only some hundred of the delays are used.
    step = 1 + delays.n_matched // _MOST_IN_DRIFT
    times, values = delays.times[::step], delays.delays[::step]
    if np.ptp(times) == 0:
        return float("nan"), float("nan"), float("nan")
    fit = theilslopes(values, times, 0.95)
    return 60 * float(fit[0]), 60 * float(fit[2]), 60 * float(fit[3])


def _most_frequent_delay(markers: TimeArray, onsets: TimeArray) -> float | None:
    first = np.searchsorted(onsets, markers - _FARTHEST_S)
    last = np.searchsorted(onsets, markers + _FARTHEST_S)
    pairs = zip(markers, first, last, strict=True)
    near = [onsets[a:b] - marker for marker, a, b in pairs]
    delays = np.sort(np.concatenate(near)) if near else np.empty(0)
    if not len(delays):
        return None
    counts = np.searchsorted(delays, delays + _CLUSTER_S, side="right") - np.arange(len(delays))
    begin = int(counts.argmax())
    return float(np.median(delays[begin : begin + counts[begin]]))


def _nearest(markers: TimeArray, onsets: TimeArray, delay: float) -> list[tuple[int, int]]:
    """List pairs of rows in ``markers`` and ``onsets``, ascending, with about this ``delay``.

    If two markers fit the same onset, the nearer marker gets it.
    """
    best: dict[int, tuple[float, int]] = {}
    for row, marker in enumerate(markers):
        at = int(np.searchsorted(onsets, marker + delay))
        candidates = [k for k in (at - 1, at) if 0 <= k < len(onsets)]
        if not candidates:
            continue
        distance, onset = min((abs(onsets[k] - marker - delay), k) for k in candidates)
        if distance <= _NEAR_S and (onset not in best or distance < best[onset][0]):
            best[onset] = distance, row
    return sorted((row, onset) for onset, (_, row) in best.items())


def _sd_interval(sd_s: float, n: int) -> tuple[float, float]:
    """95 % interval of a standard deviation, by the chi-square distribution."""
    from scipy.stats import chi2  # takes long to import

    low, high = (sd_s * sqrt((n - 1) / float(chi2.ppf(p, n - 1))) for p in (0.975, 0.025))
    return low, high


def _median_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the median by order statistics (normal approximation of the binomial)."""
    ordered, n = np.sort(values), len(values)
    below = max(0, floor(n / 2 - 1.96 * sqrt(n) / 2))
    return float(ordered[below]), float(ordered[n - 1 - below])
