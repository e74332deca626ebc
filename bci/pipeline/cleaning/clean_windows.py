"""Find stretches without artifacts by the amplitudes of windows.

The amplitudes of clean EEG are nearly Gaussian. A truncated generalised Gaussian is fitted to the
range of amplitudes that it describes best, so that artifacts with larger amplitudes have no effect.
Mullen, Kothe et al., IEEE Trans. Biomed. Eng. 62 (2015) 2553-2567; Chang et al., ibid. 67 (2020)
1114-1121.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, gammaincinv

from bci.signals import FloatArray

Values = NDArray[np.float64]

# Quantiles between which the distribution is fitted, and its candidate shape parameters.
_LOWER, _UPPER = 0.022, 0.6
_SHAPES = np.arange(1.7, 3.5, 0.15)
# Least share of clean windows, and largest share of windows with too small amplitudes.
_LEAST_CLEAN, _MOST_DROPPED = 0.25, 0.1
_STARTS_STEP, _WIDTHS_STEP = 0.01, 0.02
_LEAST_WINDOWS = 20
# A channel is clean between these numbers of standard deviations from the clean mean. A clean
# window may have up to this share of other channels.
_Z_LOW, _Z_HIGH = -3.5, 5.0
_MOST_BAD = 0.2
_WINDOW_S, _OVERLAP = 1.0, 0.66


def fit_clean(amplitudes: Values) -> tuple[float, float]:
    """Estimate mean and standard deviation of the clean part of ``amplitudes`` (n,)."""
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
    """Return, for each shape, the distance from the mean with this probability.

    It is the distance within which this share of values lies.
    """
    distances: Values = gammaincinv(1 / _SHAPES, probability) ** (1 / _SHAPES)
    return distances


def _log_shapes(n_bins: int, low: Values, high: Values) -> Values:
    """Return the logarithm of each bin's share of the values.

    The shape is (n_shapes, n_bins).
    """
    places = low[:, None] + (np.arange(n_bins) + 0.5) / n_bins * (high - low)[:, None]
    logs = -(np.abs(places) ** _SHAPES[:, None])
    normalised: Values = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return normalised


def _deviation(shape: float) -> float:
    return float(np.sqrt(gamma(3 / shape) / gamma(1 / shape)))


def amplitudes_of(stretches: Sequence[NDArray], length: int, overlap: float) -> Values:  # type: ignore[type-arg]
    """Compute RMS amplitudes of windows of ``length`` samples.

    The shape is (n_windows, n_channels).
    """
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
    """Mark the samples of each stretch that are in no window with artifacts.

    The shape is (n_samples,). ``stretches`` have shape (n_samples, n_channels). Of a stretch
    shorter than a window, no sample is marked.
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
    """Return the consecutive parts of a stretch that ``is_kept`` (n_samples,) marks."""
    edges = np.flatnonzero(np.diff(is_kept, prepend=False, append=False))
    return [stretch[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
