"""Compute statistics of clean signal for artifact subspace reconstruction.

Mullen, Kothe et al., IEEE Trans. Biomed. Eng. 62 (2015) 2553-2567.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.cleaning.clean_windows import amplitudes_of, clean_rows, fit_clean, parts_of
from bci.pipeline.filters import Sos, SosFilter
from bci.signals import FloatArray

Values = NDArray[np.float64]

LEAST_S = 15.0
_MOST_BLOCKS, _FEWEST_BLOCKS = 1000, 100
# With more channels there are fewer blocks, to bound the memory of their covariances.
_MANY_CHANNELS = 64
_OVERLAP = 0.66
# Share of the mean variance added to each variance: a re-referenced covariance is singular.
FLOOR = 1e-6
_STEPS = 200
_TOLERANCE = 1e-6
# Low frequencies (blinks) and high ones (muscle) get more weight than rhythms. Each shelf has its
# corner in hertz, the gain below it, and the gain above it.
_SHELVES = ((1.8, 9.0, 1.0), (14.5, 1.0, 3.0), (57.0, 1.0, 3.0))
_BELOW = 1.0 / 3.0


def weighting(sfreq: float) -> Sos:
    """Design the filter that weights frequencies for the statistics.

    The output is not filtered.

    The gain is 3 below 1 Hz, 1/3 from 3 to 13 Hz, 1 from 16 to 40 Hz and 3 above 80 Hz.
    """
    sections = [
        _shelf(corner / sfreq, below, above)
        for corner, below, above in _SHELVES
        if corner < 0.4 * sfreq
    ]
    sections[0][:3] *= _BELOW
    return np.array(sections)


def _shelf(corner: float, below: float, above: float) -> Values:
    """Design a second-order shelf by the bilinear transform.

    ``corner`` is in cycles per sample.
    """
    k = np.tan(np.pi * corner)
    # Poles and zeros of two Butterworth low-passes, whose ratio is the gain.
    low, high = k / (above / below) ** 0.25, k * (above / below) ** 0.25
    top, bottom = _quadratic(low), _quadratic(high)
    section: Values = np.concatenate([above * top, bottom]) / bottom[0]
    return section


def _quadratic(k: float) -> Values:
    root = np.sqrt(2) * k
    return np.array([1 + root + k * k, 2 * (k * k - 1), 1 - root + k * k])


def weighted_clean(stretches: Sequence[FloatArray], sfreq: float) -> list[FloatArray]:
    """Filter each stretch by `weighting`, and return its clean and settled parts."""
    found = []
    for stretch, is_clean in zip(stretches, clean_rows(stretches, sfreq), strict=True):
        stage = SosFilter(weighting(sfreq), stretch.shape[1], sfreq)
        data, _ = stage.process(np.array(stretch, dtype=np.float32, order="C"), 0)
        is_clean[: stage.settling] = False
        found += parts_of(data, is_clean)
    return found


def calibrate_asr(
    stretches: Sequence[FloatArray], sfreq: float, cutoff: float, window_s: float
) -> dict[str, NDArray[np.generic]]:
    """Compute mixing matrix and thresholds from the clean part of a signal.

    Returns
    -------
    arrays : dict
        ``mixing`` (c, c) is the matrix square root of a robust covariance. ``thresholds`` (c, c)
        has one row per principal component: its unit vector times its largest clean amplitude.

    Raises
    ------
    ValueError
        If less than 15 s of the signal are clean.
    """
    parts = weighted_clean(stretches, sfreq)
    clean_s = sum(map(len, parts)) / sfreq
    if clean_s < LEAST_S:
        raise ValueError(
            f"{clean_s:.0f} s of signal are clean, {LEAST_S:g} s are needed; record a minute at "
            "rest, or leave asr out"
        )
    covariance = _robust_covariance(parts)
    values, vectors = np.linalg.eigh(covariance)
    mixing = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    components = [part @ vectors for part in parts]
    amplitudes = amplitudes_of(components, max(1, round(window_s * sfreq)), _OVERLAP)
    fitted = np.array([fit_clean(each) for each in amplitudes.T])
    limits = fitted[:, 0] + cutoff * fitted[:, 1]
    return {"mixing": mixing, "thresholds": limits[:, None] * vectors.T}


def _robust_covariance(parts: Sequence[FloatArray]) -> Values:
    """Geometric median of the covariances of short blocks, by Weiszfeld's steps."""
    share = min(1.0, (_MANY_CHANNELS / parts[0].shape[1]) ** 2)
    n_blocks = max(_FEWEST_BLOCKS, round(share * _MOST_BLOCKS))
    length = max(10, sum(map(len, parts)) // n_blocks)
    blocks = [
        part[start : start + length].astype(np.float64)
        for part in parts
        for start in range(0, len(part) - length + 1, length)
    ]
    covariances = np.stack([block.T @ block / length for block in blocks])
    median = np.median(covariances, axis=0)
    for _ in range(_STEPS):
        distance = np.sqrt(np.square(covariances - median).sum(axis=(1, 2)))
        weights = 1.0 / np.maximum(distance, 1e-12 * np.abs(median).max() + 1e-300)
        following = np.tensordot(weights / weights.sum(), covariances, axes=1)
        moved = np.abs(following - median).max()
        median = following
        if moved <= _TOLERANCE * np.abs(median).max():
            break
    n_channels = len(median)
    made: Values = median + FLOOR * np.trace(median) / n_channels * np.eye(n_channels)
    return made
