"""A mean covariance, and the tangent space at it."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

Matrices = NDArray[np.float64]
Vectors = NDArray[np.float64]

# Smaller eigenvalues are raised to this, so that their logarithm is finite.
_TINY = 1e-12


class Reference:
    """A reference covariance, (n_channels, n_channels), and the tangent space at it.

    The tangent vector of a covariance ``C`` is the upper triangle of the logarithm of ``W C W``,
    where ``W`` is the inverse square root of the reference (Barachant, Bonnet, Congedo and Jutten,
    IEEE Trans. Biomed. Eng. 59 (2012) 920-928). Off-diagonal entries are weighted by the square
    root of 2, so that the norm of the vector is the distance of ``C`` from the reference.

    Raises
    ------
    ValueError
        If the covariance is singular.
    """

    def __init__(self, matrix: Matrices) -> None:
        self.matrix = np.ascontiguousarray(matrix)
        values, vectors = np.linalg.eigh(self.matrix)
        if values[0] <= 0:
            raise ValueError(
                "the mean covariance is singular: a channel is flat or a copy of others"
            )
        self._whitening = np.ascontiguousarray((vectors / np.sqrt(values)) @ vectors.T)
        self._upper = np.triu_indices(len(matrix))
        self._weights = np.where(self._upper[0] == self._upper[1], 1.0, np.sqrt(2.0))

    def vector(self, cov: Matrices) -> Vectors:
        """Compute the tangent vector of a covariance, (n_features,)."""
        values, vectors = np.linalg.eigh(self._whitening @ cov @ self._whitening)
        logarithm = (vectors * np.log(np.maximum(values, _TINY))) @ vectors.T
        return np.asarray(logarithm[self._upper] * self._weights)

    def vectors(self, covs: Matrices) -> Vectors:
        """Compute the tangent vectors of covariances, (n, n_features)."""
        return np.stack([self.vector(cov) for cov in covs])

    def moved(self, cov: Matrices, weight: float, longest: float = np.inf) -> Self:
        """Return the reference after a step along the geodesic towards a covariance.

        Parameters
        ----------
        cov : ndarray, shape (n_channels, n_channels)
        weight : float
            Length of the step as a share of the distance, 0 to 1.
        longest : float
            Limit of the distance; a covariance farther away causes the same step as one at this
            distance.

        Returns
        -------
        reference : Reference
            This reference itself if ``cov`` is singular.
        """
        values, vectors = np.linalg.eigh(self._whitening @ cov @ self._whitening)
        if values[0] <= 0:
            return self
        distance = float(np.linalg.norm(np.log(values)))
        if distance > longest:
            weight *= longest / distance
        root = np.linalg.inv(self._whitening)
        moved = root @ (vectors * values**weight) @ vectors.T @ root
        return type(self)((moved + moved.T) / 2)

    def change(self, vector: Vectors) -> Matrices:
        """Compute the first-order change of the covariance for a step along a tangent vector."""
        whole = np.zeros_like(self.matrix)
        whole[self._upper] = vector / self._weights
        values, eigenvectors = np.linalg.eigh(self.matrix)
        root = (eigenvectors * np.sqrt(values)) @ eigenvectors.T
        return np.asarray(root @ (whole + np.triu(whole, 1).T) @ root)
