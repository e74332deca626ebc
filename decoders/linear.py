"""The linear head that the classical decoders share: features in, class probabilities out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]


@dataclass(frozen=True)
class LinearHead:
    """Softmax over ``coef @ features + intercept``.

    ``coef`` (n_classes, n_features), ``intercept`` (n_classes,).
    """

    coef: Features
    intercept: Features

    @classmethod
    def from_sklearn(cls, fitted: Any) -> "LinearHead":
        """Take the weights of a fitted scikit-learn linear classifier.

        With two classes scikit-learn keeps one row, the log odds of the second.
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
        """Take ``coef`` and ``intercept`` out of a bundle's arrays.

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
        scores = self.coef @ features + self.intercept
        odds = np.exp(scores - scores.max())
        return np.asarray(odds / odds.sum())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"coef": self.coef, "intercept": self.intercept}


def shaped(
    arrays: Mapping[str, NDArray[np.generic]], name: str, shape: tuple[int, ...]
) -> Features:
    """Array ``name`` as float64, checked for shape (-1 = any) and for finite values.

    Raises
    ------
    KeyError
        If it is missing.
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
