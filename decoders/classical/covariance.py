"""Spatial covariance of a window, for training and live decoding, and Riemannian means."""

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError
from bci.signals import FloatArray

_CLOSE = 1e-9
_MOST_STEPS = 100


def covariance(window: FloatArray) -> NDArray[np.float64]:
    """Compute the covariance of one window, shrunk towards a scaled identity matrix (OAS).

    Oracle approximating shrinkage: Chen, Wiesel, Eldar and Hero, IEEE Trans. Signal Process. 58
    (2010) 5016-5029, equation 23.

    Parameters
    ----------
    window : ndarray, shape (n_channels, n_samples)

    Returns
    -------
    covariance : ndarray, shape (n_channels, n_channels)
        Positive definite unless every channel is constant.

    Raises
    ------
    DecodingError
        If a value or its square is not finite.
    """
    return shrunk(sample_covariance(window), window.shape[1])


def sample_covariance(window: FloatArray) -> NDArray[np.float64]:
    """Compute the covariance of one window (n_channels, n_samples), without shrinkage."""
    centred = np.array(window, dtype=np.float64, order="C")
    centred -= centred.mean(axis=1, keepdims=True)
    return np.asarray(centred @ centred.T / centred.shape[1])


def shrunk(sample: NDArray[np.float64], n_samples: int) -> NDArray[np.float64]:
    """Shrink a sample covariance (n_channels, n_channels) of ``n_samples``; see `covariance`."""
    n_channels = len(sample)
    mean_variance = np.trace(sample) / n_channels
    if not np.isfinite(mean_variance):
        raise DecodingError("the window's values are too large or not finite")
    mean_square = float(np.mean(sample**2))
    numerator = mean_square + mean_variance**2
    denominator = (n_samples + 1) * (mean_square - mean_variance**2 / n_channels)
    shrinkage = 1.0 if denominator <= 0 else min(1.0, numerator / denominator)
    mixed = (1.0 - shrinkage) * sample
    mixed.flat[:: n_channels + 1] += shrinkage * mean_variance
    return np.asarray(mixed)


def covariances(windows: FloatArray) -> NDArray[np.float64]:
    """Compute the `covariance` of each window, (n_windows, n_channels, n_channels).

    ``windows`` have the shape (n_windows, n_channels, n_samples).
    """
    return np.stack([covariance(window) for window in windows])


def riemannian_mean(covs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the Riemannian mean of covariances.

    It has the least sum of squared affine-invariant distances to them. It is found by gradient
    descent from the arithmetic mean: Pennec, Fillard and Ayache, Int. J. Comput. Vis. 66 (2006)
    41-66. pyriemann has it too, but its import takes seconds.

    Parameters
    ----------
    covs : ndarray, shape (n, n_channels, n_channels)
        Positive definite.

    Returns
    -------
    mean : ndarray, shape (n_channels, n_channels)
    """
    mean: NDArray[np.float64] = covs.mean(axis=0)
    step, before = 1.0, np.inf
    for _ in range(_MOST_STEPS):
        values, vectors = np.linalg.eigh(mean)
        if values[0] <= 0:  # singular; the caller raises the error
            return mean
        root = (vectors * np.sqrt(values)) @ vectors.T
        whitening = (vectors / np.sqrt(values)) @ vectors.T
        values, vectors = np.linalg.eigh(whitening @ covs @ whitening)
        logarithms = np.log(np.maximum(values, np.finfo(np.float64).tiny))
        # The mean of V diag(logarithm) V' over matrices, in one product.
        weighed = vectors * logarithms[:, None, :]
        change = np.tensordot(weighed, vectors, axes=((0, 2), (0, 2))) / len(covs)
        size = float(np.linalg.norm(change))
        if size < _CLOSE:
            break
        if size > before:  # the step was too large, as happens with distant matrices
            step /= 2
        before = size
        values, vectors = np.linalg.eigh((change + change.T) / 2)
        mean = root @ ((vectors * np.exp(step * values)) @ vectors.T) @ root
        mean = (mean + mean.T) / 2
    return mean
