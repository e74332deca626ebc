"""Riemannian tangent space + logistic regression.

Barachant, Bonnet, Congedo and Jutten, IEEE Trans. Biomed. Eng. 59 (2012) 920-928. The
regression is scikit-learn's; serving one window needs only the arrays kept here.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray
from bci.training.epochs import Epochs
from decoders.classical.covariance import covariance, covariances, riemannian_mean
from decoders.classical.haufe import class_weights, haufe_patterns
from decoders.classical.linear_head import LinearHead, fit_near, shaped, taught


class TangentSpace:
    """Covariance -> tangent vector at the training mean -> multinomial logistic regression.

    With ``align`` each group of training windows (a run, or another person's run) has its
    tangent vectors taken at its own mean, which is what makes people alike (Zanini, Congedo,
    Jutten, Said and Berthoumieu, IEEE Trans. Biomed. Eng. 65 (2018) 1107-1116); served windows
    have theirs at the mean of all training windows. With arrays of a base model the regression
    is held to the base's weights instead of to zero.

    Parameters
    ----------
    c : float
        Inverse strength of the regression's L2 penalty.
    align : bool
    start : mapping of str to ndarray, optional
        Arrays of a base model of the same decoder.
    """

    summary = "Riemannian tangent space and logistic regression"
    carries_over = True
    adapts = ("alignment", "supervised")

    def __init__(
        self,
        c: float = 1.0,
        align: bool = False,
        start: Mapping[str, NDArray[np.generic]] | None = None,
    ) -> None:
        if not c > 0:
            raise ValueError(f"c = {c} must be above 0")
        self.c = float(c)
        self.align = bool(align)
        self.classes: tuple[str, ...] = ()
        self._start = start

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        **_: object,
    ) -> None:
        """Learn from windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        ValueError
            If the base model has other channels or classes.
        """
        from sklearn.linear_model import LogisticRegression

        spreads = covariances(windows)
        vectors = np.empty((len(spreads), spreads.shape[1] * (spreads.shape[1] + 1) // 2))
        each = groups if self.align and groups is not None else np.zeros(len(spreads))
        for group in np.unique(each):
            chosen = np.flatnonzero(each == group)
            self._set_reference(riemannian_mean(spreads[chosen]))
            vectors[chosen] = [self._tangent_vector(spread) for spread in spreads[chosen]]
        if len(np.unique(each)) > 1:
            self._set_reference(riemannian_mean(spreads))
        if self._start is not None:
            classes = tuple(str(label) for label in np.unique(labels))
            prior = LinearHead.from_arrays(self._start, len(classes), vectors.shape[1])
            self.classes = classes
            self._head = fit_near(prior, vectors, np.searchsorted(classes, labels), self.c)
            return
        regression = LogisticRegression(C=self.c, max_iter=2000).fit(vectors, labels)
        self.classes = tuple(str(label) for label in regression.classes_)
        self._head = LinearHead.from_sklearn(regression)

    def adapt(self, windows: FloatArray) -> None:
        """Take a person's windows, labels unknown, for the mean at which vectors are taken."""
        self._set_reference(riemannian_mean(covariances(windows)))

    def follow(self, window: FloatArray, weight: float) -> None:
        """Move the mean at which vectors are taken along the geodesic to a window's covariance.

        So the mean is a running one: Kumar, Yger and Lotte, 7th International Winter Conference
        on Brain-Computer Interface (2019), 10.1109/IWW-BCI.2019.8737349.
        """
        values, vectors = np.linalg.eigh(self._whitening @ covariance(window) @ self._whitening)
        if values[0] <= 0:  # every channel is constant: there is nothing to learn
            return
        root = np.linalg.inv(self._whitening)
        moved = root @ (vectors * values**weight) @ vectors.T @ root
        self._set_reference((moved + moved.T) / 2)

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Its tangent vector."""
        return self._tangent_vector(covariance(window))

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> "TangentSpace":
        """A copy whose discriminant has learnt more; see `bci.interfaces.Teachable`."""
        learnt = copy.copy(self)
        learnt._head = taught(self._head, features, numbers)
        return learnt

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        return self._head.probabilities(self.features(window))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64]:
        """Patterns in the tangent space, brought back to a change of the covariance matrix.

        To first order the covariance ``R`` at which vectors are taken changes by
        ``sqrt(R) T sqrt(R)`` with a pattern ``T``. Only its diagonal is kept, the change of each
        channel's power, relative to ``R``'s; changes between channels are left out. For an aligned
        decoder each run's vectors are centred on their own mean, as its training did to first
        order.
        """
        vectors = np.stack([self.features(window) for window in epochs.windows])
        if self.align:
            for run in np.unique(epochs.runs):
                vectors[epochs.runs == run] -= vectors[epochs.runs == run].mean(axis=0)
        values, eigenvectors = np.linalg.eigh(self._reference)
        root = (eigenvectors * np.sqrt(values)) @ eigenvectors.T
        changes = [
            np.diag(root @ self._matrix(pattern) @ root)
            for pattern in haufe_patterns(vectors, class_weights(self._head.coef))
        ]
        return np.asarray(np.stack(changes) / np.diag(self._reference))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"reference": self._reference, **self._head.arrays()}

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "TangentSpace":
        decoder = cls(**params)
        decoder.classes = classes
        reference = shaped(arrays, "reference", (-1, -1))
        n_channels = len(reference)
        if reference.shape != (n_channels, n_channels):
            raise ValueError(f"array 'reference' has shape {reference.shape}; it must be square")
        decoder._set_reference(reference)
        n_features = n_channels * (n_channels + 1) // 2
        decoder._head = LinearHead.from_arrays(arrays, len(classes), n_features)
        return decoder

    def _set_reference(self, reference: NDArray[np.float64]) -> None:
        self._reference = np.ascontiguousarray(reference)
        values, vectors = np.linalg.eigh(self._reference)
        if values[0] <= 0:
            raise ValueError(
                "the mean covariance is singular: a channel is flat or a copy of others"
            )
        self._whitening = np.ascontiguousarray((vectors / np.sqrt(values)) @ vectors.T)
        self._upper = np.triu_indices(len(reference))
        # Off-diagonal entries stand for two, so that the vector keeps the matrix's norm.
        self._weights = np.where(self._upper[0] == self._upper[1], 1.0, np.sqrt(2.0))

    def _matrix(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """The symmetric matrix that a tangent vector stands for."""
        whole = np.zeros_like(self._reference)
        whole[self._upper] = vector / self._weights
        return np.asarray(whole + np.triu(whole, 1).T)

    def _tangent_vector(self, spread: NDArray[np.float64]) -> NDArray[np.float64]:
        values, vectors = np.linalg.eigh(self._whitening @ spread @ self._whitening)
        logarithm = (vectors * np.log(np.maximum(values, 1e-12))) @ vectors.T
        return np.asarray(logarithm[self._upper] * self._weights)
