"""Common spatial patterns + linear discriminant analysis.

Ramoser, Mueller-Gerking and Pfurtscheller, IEEE Trans. Rehabil. Eng. 8 (2000) 441-446; more than
two classes as in pyriemann (joint diagonalisation). Discriminant with Ledoit-Wolf shrinkage.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray
from bci.training.epochs import Epochs
from decoders.classical.covariance import covariance, covariances
from decoders.classical.haufe import class_weights, haufe_patterns
from decoders.classical.linear_head import LinearHead, fit_discriminant, shaped, taught
from decoders.parameters import flag


class CspLda:
    """Decoder: log variance of the most discriminant spatial components, and shrinkage LDA.

    Parameters
    ----------
    n_components : int
        Number of spatial filters.
    balanced : bool
        Treat all classes as equally likely, whatever their numbers of trials.
    """

    summary = "common spatial patterns and shrinkage LDA"
    adapts = ("supervised",)

    def __init__(self, n_components: int = 6, balanced: bool = False) -> None:
        if not (isinstance(n_components, int) and n_components >= 1):
            raise ValueError(f"n_components = {n_components} must be a whole number above 0")
        self.n_components = n_components
        self.balanced = flag("balanced", balanced)
        self.classes: tuple[str, ...] = ()

    def fit(self, windows: FloatArray, labels: NDArray[np.str_], **_: object) -> None:
        from pyriemann.spatialfilters import CSP

        covs = covariances(windows)
        n_components = min(self.n_components, windows.shape[1])
        csp = CSP(nfilter=n_components, metric="euclid").fit(covs, labels)
        self._filters = np.ascontiguousarray(csp.filters_)
        features = np.stack([self._log_variances(cov) for cov in covs])
        lda = fit_discriminant(features, labels, self.balanced)
        self.classes = tuple(str(label) for label in lda.classes_)
        self._head = LinearHead.from_sklearn(lda)

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the log variance of each component, (n_components,).

        ``window`` has the shape (n_channels, n_samples).
        """
        return self._log_variances(covariance(window))

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> "CspLda":
        """Copy the decoder and train its discriminant further; see `bci.interfaces.Teachable`."""
        learnt = copy.copy(self)
        learnt._head = taught(self._head, features, numbers)
        return learnt

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        return self._head.probabilities(self.features(window))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64]:
        """Compute class maps from the patterns A = Cov(X) W' inv(W Cov(X) W') of the components.

        Component ``f`` adds the power ``A[c, f] ** 2 * variance[f]`` to channel ``c``. A map is the
        change of the sum of these powers relative to the channel's power, hence a change of log
        power. Shape (n_classes, n_channels).
        """
        filters = self._filters  # (F, C)
        covs = covariances(epochs.windows)  # (n, C, C)
        mean = covs.mean(axis=0)
        spatial = mean @ filters.T @ np.linalg.pinv(filters @ mean @ filters.T)  # (C, F)
        variances = np.einsum("fc,ncd,fd->nf", filters, covs, filters, optimize=True)
        change = haufe_patterns(np.log(variances), class_weights(self._head.coef))  # (K, F)
        powers = spatial**2 * variances.mean(axis=0)  # (C, F)
        return np.asarray(change @ powers.T / np.diag(mean))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"filters": self._filters, **self._head.arrays()}

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "CspLda":
        decoder = cls(**params)
        decoder.classes = classes
        decoder._filters = shaped(arrays, "filters", (-1, -1))
        decoder._head = LinearHead.from_arrays(arrays, len(classes), len(decoder._filters))
        return decoder

    def _log_variances(self, cov: NDArray[np.float64]) -> NDArray[np.float64]:
        variances = np.einsum("fc,cd,fd->f", self._filters, cov, self._filters)
        # A constant window has zero variance; the minimum keeps its logarithm finite.
        return np.asarray(np.log(np.maximum(variances, np.finfo(np.float64).tiny)))
