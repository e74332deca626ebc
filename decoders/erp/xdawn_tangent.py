"""xDAWN filters, covariances with the class means, tangent space and logistic regression.

Rivet, Souloumiac, Attina and Gibert, IEEE Trans. Biomed. Eng. 56 (2009) 2035-2043; Barachant and
Congedo, "A plug&play P300 BCI using information geometry", arXiv 1409.0107 (2014). pyriemann
computes the filters; decoding a window needs only the arrays stored here.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray
from bci.training.epochs import Epochs
from decoders.classical.covariance import covariance, riemannian_mean
from decoders.classical.haufe import class_weights, haufe_patterns
from decoders.classical.linear_head import Features, LinearHead, shaped
from decoders.classical.pooling import Labelled, fit_alone
from decoders.classical.reference import Reference

# Limit of windows in the Riemannian mean. More hardly change it, but take minutes.
_MOST_IN_MEAN = 600


class XdawnTangent:
    """Decoder: covariance of xDAWN components with the class means, tangent vector, regression.

    Parameters
    ----------
    n_filters : int
        Number of xDAWN filters per class.
    c : float
        Inverse strength of the regression's L2 penalty.
    """

    summary = "xDAWN, tangent space and logistic regression"
    task = "p300"
    balanced = True

    def __init__(self, n_filters: int = 3, c: float = 0.1) -> None:
        if not (isinstance(n_filters, int) and n_filters >= 1):
            raise ValueError(f"n_filters = {n_filters} must be a whole number above 0")
        if not c > 0:
            raise ValueError(f"c = {c} must be above 0")
        self.n_filters = n_filters
        self.c = float(c)
        self.classes: tuple[str, ...] = ()

    def fit(self, windows: FloatArray, labels: NDArray[np.str_], **_: object) -> None:
        """Train on windows; see `bci.interfaces.Decoder`."""
        from pyriemann.spatialfilters import Xdawn

        # pyriemann computes in the windows' float32, which is too imprecise for values in tesla.
        self._scale = 1.0 / max(float(windows.std(dtype=np.float64)), np.finfo(np.float64).tiny)
        scaled = windows.astype(np.float64) * self._scale
        n_filters = min(self.n_filters, windows.shape[1])
        xdawn = Xdawn(nfilter=n_filters, estimator="lwf").fit(scaled, labels)
        self.classes = tuple(str(label) for label in xdawn.classes_)
        self._filters = np.ascontiguousarray(xdawn.filters_)  # (n_filters, n_channels)
        self._means = np.ascontiguousarray(xdawn.evokeds_)  # (n_filters, n_samples)
        covs = np.stack([self._covariance(window) for window in windows])
        step = -(-len(covs) // _MOST_IN_MEAN)
        self._reference = Reference(riemannian_mean(covs[::step]))
        vectors = self._reference.vectors(covs)
        own = Labelled(vectors, np.searchsorted(self.classes, labels))
        self._head = fit_alone(own, self.c, balanced=True)

    def features(self, window: FloatArray) -> Features:
        """Compute the tangent vector (n_features,) of a window (n_channels, n_samples)."""
        return self._reference.vector(self._covariance(window))

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        return self._head.probabilities(self.features(window))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64]:
        """Compute class maps: component patterns, weighted by their relation to the class means."""
        spatial = np.linalg.pinv(self._filters).T / self._scale  # (n_filters, n_channels)
        vectors = np.stack([self.features(window) for window in epochs.windows])
        patterns = haufe_patterns(vectors, class_weights(self._head.coef))
        n = len(self._filters)
        maps = []
        for pattern in patterns:
            change = self._reference.change(pattern)[:n, n:]
            maps.append(np.abs(change).sum(axis=0) @ np.abs(spatial))
        return np.stack(maps)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "filters": self._filters,
            "means": self._means,
            "scale": np.array([self._scale]),
            "reference": self._reference.matrix,
            **self._head.arrays(),
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "XdawnTangent":
        decoder = cls(**params)
        decoder.classes = classes
        decoder._filters = shaped(arrays, "filters", (-1, -1))
        n = len(decoder._filters)
        decoder._means = shaped(arrays, "means", (n, -1))
        decoder._scale = float(shaped(arrays, "scale", (1,))[0])
        decoder._reference = Reference(shaped(arrays, "reference", (2 * n, 2 * n)))
        n_features = n * (2 * n + 1)
        decoder._head = LinearHead.from_arrays(arrays, len(classes), n_features)
        return decoder

    def _covariance(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the covariance of the class means and the window's components, (2 n, 2 n)."""
        whole = np.ascontiguousarray(window, dtype=np.float64) * self._scale
        return covariance(np.concatenate([self._means, self._filters @ whole]))
