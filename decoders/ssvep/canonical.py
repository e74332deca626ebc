"""Largest canonical correlations of one window with the references of all targets at once."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Directions of channels with less than this share of the power have rounding errors only, for
# example after a common average reference.
_LEAST_SHARE = 1e-10


class CanonicalCorrelations:
    """Squared canonical correlations with fixed references.

    Parameters
    ----------
    bases : ndarray, shape (n_targets, n_samples, n_references)
        Orthonormal columns of zero mean.
    """

    def __init__(self, bases: Array) -> None:
        self._n_targets, n_samples, self._n_references = bases.shape
        self._flat = np.ascontiguousarray(bases.transpose(1, 0, 2).reshape(n_samples, -1))

    def squared(self, bands: Array) -> Array:
        """Compute the largest squared correlation per band and target, (n_bands, n_targets).

        Parameters
        ----------
        bands : ndarray, shape (n_bands, n_channels, n_samples)
            Filtered window with zero mean.
        """
        n_bands, n_channels, _ = bands.shape
        values, vectors = np.linalg.eigh(bands @ bands.transpose(0, 2, 1))  # (B, C), (B, C, C)
        floor = _LEAST_SHARE * values[:, -1:]
        scale = np.zeros_like(values)
        np.divide(1.0, np.sqrt(np.maximum(values, floor)), out=scale, where=values > floor)
        whitening = (vectors * scale[:, None, :]).transpose(0, 2, 1)
        # In an orthonormal basis of the channels: (B, C, K, H), then (B, K, C, H).
        shared = (whitening @ (bands @ self._flat)).reshape(
            n_bands, n_channels, self._n_targets, self._n_references
        )
        shared = shared.transpose(0, 2, 1, 3)
        other = shared.transpose(0, 1, 3, 2)
        gram = shared @ other if n_channels <= self._n_references else other @ shared
        return np.asarray(np.clip(np.linalg.eigvalsh(gram)[..., -1], 0.0, 1.0))
