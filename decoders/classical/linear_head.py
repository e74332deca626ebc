"""The linear head of the classical decoders: class probabilities from features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decoders.classical.softmax import softmax

Features = NDArray[np.float64]

# Chosen on EEGMMIDB runs 04 and 08 of eleven people, calibrated on one run and trained further on
# the other (tangent space). Accuracy: 0.62 with 0.003 and 0.03, 0.60 with 0.3; 0.61 without.
TAUGHT_C = 0.03


@dataclass(frozen=True)
class LinearHead:
    """Softmax over ``coef @ features + intercept``.

    ``coef`` (n_classes, n_features), ``intercept`` (n_classes,).
    """

    coef: Features
    intercept: Features

    @classmethod
    def from_sklearn(cls, fitted: Any) -> "LinearHead":
        """Copy the weights of a fitted linear classifier of scikit-learn.

        With two classes, scikit-learn has one row only, the log odds of the second class.
        """
        coef, intercept = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
        if len(coef) == 1:
            coef = np.vstack([np.zeros_like(coef), coef])
            intercept = np.concatenate([[0.0], intercept])
        return cls(np.ascontiguousarray(coef), np.ascontiguousarray(intercept))

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[np.generic]], n_classes: int, n_features: int
    ) -> "LinearHead":
        """Read ``coef`` and ``intercept`` from a bundle's arrays.

        Raises
        ------
        KeyError
            If one is missing.
        ValueError
            If one has another shape than the decoder needs.
        """
        coef = shaped(arrays, "coef", (n_classes, n_features))
        return cls(coef, shaped(arrays, "intercept", (n_classes,)))

    def probabilities(self, features: Features) -> Features:
        return softmax(self.coef @ features + self.intercept)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"coef": self.coef, "intercept": self.intercept}


def fit_discriminant(features: Features, labels: NDArray[np.str_], balanced: bool) -> Any:
    """Fit scikit-learn's linear discriminant with shrinkage.

    ``features`` have the shape (n_windows, n_features), ``labels`` (n_windows,). With ``balanced``,
    all classes have the same prior probability.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    n_classes = len(np.unique(labels))
    priors = np.full(n_classes, 1.0 / n_classes) if balanced else None
    discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=priors)
    return discriminant.fit(features, labels)


def fit_near(
    prior: LinearHead,
    features: Features,
    classes: NDArray[np.int64],
    c: float,
    weights: Features | None = None,
) -> LinearHead:
    """Fit a logistic regression whose weights are kept near those of ``prior``.

    It minimises the summed cross-entropy plus the squared distance of the weights from ``prior``,
    divided by ``2 c``. The intercepts are not penalised.

    Parameters
    ----------
    prior : LinearHead
    features : ndarray, shape (n_windows, n_features)
    classes : ndarray of int, shape (n_windows,)
    c : float
        With a large value the data decide, with a small value the prior.
    weights : ndarray, shape (n_windows,), optional
        Weights of the windows in the sum.
    """
    from scipy.optimize import minimize

    n_classes, n_features = prior.coef.shape
    wanted = np.eye(n_classes)[classes]
    share = np.ones((len(features), 1)) if weights is None else weights[:, None]

    def cost(flat: Features) -> tuple[float, Features]:
        both = flat.reshape(n_classes, n_features + 1)
        coef, intercept = both[:, :-1], both[:, -1]
        scores = features @ coef.T + intercept
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        off = share * (np.exp(logs) - wanted)
        away = coef - prior.coef
        slope = np.column_stack([off.T @ features + away / c, off.sum(axis=0)])
        return float(-(share * wanted * logs).sum() + (away**2).sum() / (2 * c)), slope.ravel()

    start = np.column_stack([prior.coef, prior.intercept]).ravel()
    best = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    both = best.x.reshape(n_classes, n_features + 1)
    return LinearHead(both[:, :-1].copy(), both[:, -1].copy())


def taught(
    prior: LinearHead, features: Features, classes: NDArray[np.int64], c: float = TAUGHT_C
) -> LinearHead:
    """Train a head further: `fit_near` with equal weight of all classes.

    Parameters
    ----------
    prior, features, classes, c
        As in `fit_near`; each class must have at least one window.
    """
    n = np.bincount(classes, minlength=len(prior.intercept))
    weights = (len(classes) / len(n) / n)[classes]
    return fit_near(prior, features, classes, c, weights)


def window_shape(arrays: Mapping[str, NDArray[np.generic]]) -> tuple[int, int]:
    """Read the numbers of channels and samples of a window from a bundle's array ``shape``.

    Raises
    ------
    ValueError
        If they are out of range.
    """
    n_channels, n_samples = (int(n) for n in shaped(arrays, "shape", (2,)))
    if not (1 <= n_channels <= 10_000 and 1 <= n_samples <= 1_000_000):
        raise ValueError(f"array 'shape' is {n_channels} x {n_samples}")
    return n_channels, n_samples


def shaped(
    arrays: Mapping[str, NDArray[np.generic]], name: str, shape: tuple[int, ...]
) -> Features:
    """Return the array ``name`` as float64, after a check of its shape and values.

    In ``shape``, -1 allows any length.

    Raises
    ------
    KeyError
        If the array is missing.
    ValueError
        If its shape differs or a value is not finite.
    """
    array = np.ascontiguousarray(arrays[name], dtype=np.float64)
    if array.ndim != len(shape) or any(
        want not in (-1, have) for want, have in zip(shape, array.shape, strict=True)
    ):
        raise ValueError(f"array {name!r} has shape {array.shape}, not {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"array {name!r} holds values that are not finite")
    return array
