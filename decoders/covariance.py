"""Spatial covariance of a window, the same for training and serving."""

import numpy as np
from numpy.typing import NDArray

from bci.types import FloatArray


def covariance(window: FloatArray) -> NDArray[np.float64]:
    """Covariance of one window, shrunk towards a scaled identity (OAS).

    Oracle approximating shrinkage: Chen, Wiesel, Eldar and Hero, IEEE Trans. Signal Process. 58
    (2010) 5016-5029, equation 23.

    Parameters
    ----------
    window : ndarray, shape (n_channels, n_samples)

    Returns
    -------
    covariance : ndarray, shape (n_channels, n_channels)
        Positive definite unless every channel is constant.
    """
    centred = np.array(window, dtype=np.float64, order="C")
    centred -= centred.mean(axis=1, keepdims=True)
    n_channels, n_samples = centred.shape
    sample = centred @ centred.T / n_samples
    mean_variance = np.trace(sample) / n_channels
    mean_square = float(np.mean(sample**2))
    numerator = mean_square + mean_variance**2
    denominator = (n_samples + 1) * (mean_square - mean_variance**2 / n_channels)
    shrinkage = 1.0 if denominator <= 0 else min(1.0, numerator / denominator)
    shrunk = (1.0 - shrinkage) * sample
    shrunk.flat[:: n_channels + 1] += shrinkage * mean_variance
    return np.asarray(shrunk)


def covariances(windows: FloatArray) -> NDArray[np.float64]:
    """`covariance` of each window of (n_windows, n_channels, n_samples)."""
    return np.stack([covariance(window) for window in windows])
