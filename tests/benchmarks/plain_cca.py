"""The peer: filter-bank CCA as one writes it from the paper, a target and a band at a time."""

import numpy as np
from scipy.signal import butter, sosfiltfilt


def largest_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Largest canonical correlation of (n_samples, n) and (n_samples, m)."""
    qx, _ = np.linalg.qr(x - x.mean(axis=0))
    qy, _ = np.linalg.qr(y - y.mean(axis=0))
    return float(np.linalg.svd(qx.T @ qy, compute_uv=False)[0])


def references(hz: float, n_harmonics: int, sfreq: float, n_samples: int) -> np.ndarray:
    """Sines and cosines of a target, (n_samples, 2 * n_harmonics)."""
    t = np.arange(n_samples) / sfreq
    waves = [f(2 * np.pi * hz * h * t) for h in range(1, n_harmonics + 1) for f in (np.sin, np.cos)]
    return np.stack(waves, axis=1)


def plain_fbcca(
    window: np.ndarray,
    frequencies: np.ndarray,
    sfreq: float,
    high_hz: float,
    n_bands: int = 5,
    n_harmonics: int = 5,
) -> np.ndarray:
    """Score of each target for a window (n_channels, n_samples)."""
    scores = np.zeros(len(frequencies))
    for band in range(n_bands):
        low = frequencies.min() * (band + 1) - 2.0
        sos = butter(4, [low, high_hz], "bandpass", fs=sfreq, output="sos")
        filtered = sosfiltfilt(sos, window.astype(np.float64), axis=-1)
        weight = (band + 1) ** -1.25 + 0.25
        for k, hz in enumerate(frequencies):
            y = references(hz, n_harmonics, sfreq, window.shape[1])
            scores[k] += weight * largest_correlation(filtered.T, y) ** 2
    return scores
