"""Euclidean alignment: whitening of a person's windows by their mean covariance.

He and Wu, IEEE Trans. Biomed. Eng. 67 (2020) 399-410: windows are whitened by the inverse square
root of the mean covariance of that person's (here: that run's) windows.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray

# Directions with less than this share of the mean variance have rounding errors only: a flat or
# copied channel, or the direction that a common average removes. They are set to zero.
_EMPTY = 1e-4


def mean_covariance(windows: FloatArray) -> NDArray[np.float64]:
    """Compute the mean covariance, (n_channels, n_channels).

    ``windows`` have the shape (n_windows, n_channels, n_samples).
    """
    flat = windows.astype(np.float64)
    flat -= flat.mean(axis=2, keepdims=True)
    return np.asarray(np.einsum("wct,wdt->cd", flat, flat) / (len(flat) * flat.shape[2]))


def whitening(cov: NDArray[np.float64]) -> NDArray[np.float32]:
    """Compute the inverse square root of a covariance, (n_channels, n_channels)."""
    values, vectors = np.linalg.eigh(cov)
    full = values > _EMPTY * values.mean()
    gains = np.where(full, 1.0 / np.sqrt(np.where(full, values, 1.0)), 0.0)
    return np.ascontiguousarray((vectors * gains) @ vectors.T, dtype=np.float32)


def align_groups(
    windows: FloatArray,
    groups: NDArray[np.int64],
    whiten: Callable[[NDArray[np.float64]], FloatArray] = whitening,
) -> FloatArray:
    """Whiten each group of windows by its own mean covariance.

    ``whiten`` converts a covariance to a matrix (n_outputs, n_channels). Its number of outputs may
    differ from the number of channels, but must be the same for every group.
    """
    rows = {group: groups == group for group in np.unique(groups)}
    matrices = {group: whiten(mean_covariance(windows[own])) for group, own in rows.items()}
    n_channels = len(next(iter(matrices.values()), windows[0]))
    aligned = np.empty((len(windows), n_channels, windows.shape[2]), dtype=np.float32)
    for group, own in rows.items():
        aligned[own] = matrices[group] @ windows[own]
    return aligned
