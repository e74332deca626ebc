"""Stretches of a recording without artifacts, by the amplitudes of its windows.

The amplitudes of clean EEG are nearly Gaussian. A truncated generalised Gaussian is fitted to that
part of all amplitudes which it describes best, so that artifacts above it do not count. Mullen,
Kothe et al., IEEE Trans. Biomed. Eng. 62 (2015) 2553-2567; Chang et al., ibid. 67 (2020) 1114-1121.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, gammaincinv

from bci.signals import FloatArray

Values = NDArray[np.float64]

# Quantiles of a distribution between which it is fitted, and its shapes.
_LOWER, _UPPER = 0.022, 0.6
_SHAPES = np.arange(1.7, 3.5, 0.15)
# Share of all windows that is clean at least, and of those that may be too small.
_LEAST_CLEAN, _MOST_DROPPED = 0.25, 0.1
_STARTS_STEP, _WIDTHS_STEP = 0.01, 0.02
_LEAST_WINDOWS = 20
# Standard deviations from the clean mean, within which a channel is clean, and the share of
# channels that may lie outside.
_Z_LOW, _Z_HIGH = -3.5, 5.0
_MOST_BAD = 0.2
_WINDOW_S, _OVERLAP = 1.0, 0.66


def fit_clean(amplitudes: Values) -> tuple[float, float]:
    """Mean and standard deviation of the clean ones among amplitudes, (n,)."""
    values = np.sort(amplitudes)
    n = len(values)
    if n < _LEAST_WINDOWS:
        return float(np.median(values)), float(values.std())
    low, high = -_quantile(1 - 2 * _LOWER), _quantile(2 * _UPPER - 1)
    starts = np.unique(np.round(n * np.arange(_LOWER, _LOWER + _MOST_DROPPED, _STARTS_STEP)))
    best, found = np.inf, (float(np.median(values)), float(values.std()))
    for width in np.arange(_UPPER - _LOWER, _LEAST_CLEAN * (_UPPER - _LOWER), -_WIDTHS_STEP):
        m = round(n * width)
        n_bins = round(3 * np.log2(1 + m / 2))
        logs = _log_shapes(n_bins, low, high)
        for start in starts.astype(int):
            part = values[start : start + m]
            span = part[-1] - part[0]
            if span <= 0:
                continue
            edges = part[0] + span * np.arange(1, n_bins) / n_bins
            counts = np.diff(np.searchsorted(part, edges), prepend=0, append=m)
            distances = np.sum(np.exp(logs) * (logs - np.log(counts + 0.01)), axis=1) + np.log(m)
            shape = int(distances.argmin())
            if distances[shape] < best:
                best = distances[shape]
                alpha = span / (high[shape] - low[shape])
                found = (part[0] - low[shape] * alpha, alpha * _deviation(_SHAPES[shape]))
    return float(found[0]), float(found[1])


def _quantile(probability: float) -> Values:
    """Distance from the mean, for each shape, within which such a share of values lies."""
    distances: Values = gammaincinv(1 / _SHAPES, probability) ** (1 / _SHAPES)
    return distances


def _log_shapes(n_bins: int, low: Values, high: Values) -> Values:
    """Logarithm of the share of each bin, (n_shapes, n_bins)."""
    places = low[:, None] + (np.arange(n_bins) + 0.5) / n_bins * (high - low)[:, None]
    logs = -(np.abs(places) ** _SHAPES[:, None])
    normalised: Values = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return normalised


def _deviation(shape: float) -> float:
    return float(np.sqrt(gamma(3 / shape) / gamma(1 / shape)))


def amplitudes_of(stretches: Sequence[NDArray], length: int, overlap: float) -> Values:  # type: ignore[type-arg]
    """Rms amplitudes of windows of ``length`` samples, (n_windows, n_channels)."""
    step = max(1, round(length * (1 - overlap)))
    found = []
    for stretch in stretches:
        power = np.cumsum(np.square(stretch, dtype=np.float64), axis=0)
        power = np.concatenate([np.zeros((1, stretch.shape[1])), power])
        starts = np.arange(0, len(stretch) - length + 1, step)
        found.append(np.sqrt((power[starts + length] - power[starts]) / length))
    if not found:
        return np.empty((0, 0))
    rms: Values = np.concatenate(found)
    return rms


def clean_rows(stretches: Sequence[FloatArray], sfreq: float) -> list[NDArray[np.bool_]]:
    """Mark the samples of each stretch, (n_samples, n_channels), that no window of artifacts has.

    A stretch shorter than a window is left out as a whole.
    """
    length = max(1, round(_WINDOW_S * sfreq))
    rms = amplitudes_of(stretches, length, _OVERLAP)
    if not len(rms):
        return [np.zeros(len(stretch), dtype=np.bool_) for stretch in stretches]
    z = np.empty_like(rms)
    for channel in range(rms.shape[1]):
        mean, deviation = fit_clean(rms[:, channel])
        z[:, channel] = (rms[:, channel] - mean) / max(deviation, 1e-30)
    z.sort(axis=1)
    n_bad = round(_MOST_BAD * rms.shape[1])
    is_bad = (z[:, -1 - n_bad] > _Z_HIGH) | (z[:, n_bad] < _Z_LOW)
    found, window = [], 0
    step = max(1, round(length * (1 - _OVERLAP)))
    for stretch in stretches:
        starts = np.arange(0, len(stretch) - length + 1, step)
        is_kept = np.full(len(stretch), len(stretch) >= length)
        for start in starts[is_bad[window : window + len(starts)]]:
            is_kept[start : start + length] = False
        window += len(starts)
        found.append(is_kept)
    return found


def parts_of(stretch: FloatArray, is_kept: NDArray[np.bool_]) -> list[FloatArray]:
    """Cut out of a stretch what is kept."""
    edges = np.flatnonzero(np.diff(is_kept, prepend=False, append=False))
    return [stretch[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
