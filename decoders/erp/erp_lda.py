"""Decimated epochs, with linear discriminant analysis with shrinkage.

Blankertz, Lemm, Treder, Haufe and Mueller, "Single-trial analysis and classification of ERP
components - a tutorial", NeuroImage 56 (2011) 814-825; shrinkage after Ledoit and Wolf, J.
Multivar. Anal. 88 (2004) 365-411, by scikit-learn.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray, Signal
from bci.training.epochs import Epochs
from decoders.classical.haufe import class_weights, haufe_patterns
from decoders.classical.linear_head import (
    Features,
    LinearHead,
    fit_discriminant,
    shaped,
    window_shape,
)


class ErpLda:
    """Decoder: mean of each channel in short time bins of the window, and shrinkage LDA.

    Parameters
    ----------
    bin_s : float
        Length of a time bin, in seconds.
    """

    summary = "decimated epochs and shrinkage LDA"
    task = "p300"
    balanced = True

    def __init__(self, bin_s: float = 0.04) -> None:
        if not bin_s > 0:
            raise ValueError(f"bin_s = {bin_s} must be above 0")
        self.bin_s = float(bin_s)
        self.classes: tuple[str, ...] = ()

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        signal: Signal | None = None,
        **_: object,
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`."""
        if signal is None:
            raise ValueError("pieces of a window need to know the sampling rate")
        n_channels, n_samples = windows.shape[1:]
        self._shape = (n_channels, n_samples)
        self._edges = _edges(n_samples, max(1, round(self.bin_s * signal.sfreq)))
        features = np.stack([self._features(window) for window in windows])
        # Scaled per channel, so that the unit (T or uV) does not affect the shrinkage.
        deviation = features.reshape(len(windows), n_channels, -1).std(axis=(0, 2))
        self._scale = 1.0 / np.maximum(deviation, np.finfo(np.float64).tiny)
        lda = fit_discriminant(features * self._column_scale, labels, balanced=True)
        self.classes = tuple(str(label) for label in lda.classes_)
        self._head = LinearHead.from_sklearn(lda)

    def features(self, window: FloatArray) -> Features:
        """Compute the scaled means of the time bins, channel by channel, (n_channels * n_bins,).

        ``window`` has the shape (n_channels, n_samples).
        """
        return self._features(window) * self._column_scale

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        return self._head.probabilities(self.features(window))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64]:
        """Compute Haufe patterns of the features; a channel has the value of its largest bin."""
        features = np.stack([self.features(window) for window in epochs.windows])
        patterns = haufe_patterns(features, class_weights(self._head.coef))
        by_piece = patterns.reshape(len(self.classes), self._shape[0], -1) / self._scale[:, None]
        largest = np.abs(by_piece).argmax(axis=2)[..., None]
        return np.asarray(np.take_along_axis(by_piece, largest, axis=2)[..., 0])

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "shape": np.array(self._shape),
            "edges": self._edges,
            "scale": self._scale,
            **self._head.arrays(),
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "ErpLda":
        decoder = cls(**params)
        decoder.classes = classes
        decoder._shape = window_shape(arrays)
        n_channels, n_samples = decoder._shape
        edges = shaped(arrays, "edges", (-1,))
        inside = len(edges) >= 2 and edges[0] == 0 and edges[-1] <= n_samples
        if not inside or (np.diff(edges) < 1).any():
            raise ValueError("array 'edges' does not part a window into pieces")
        decoder._edges = edges.astype(np.int64)
        decoder._scale = shaped(arrays, "scale", (n_channels,))
        n_features = n_channels * (len(edges) - 1)
        decoder._head = LinearHead.from_arrays(arrays, len(classes), n_features)
        return decoder

    @property
    def _column_scale(self) -> Features:
        return np.repeat(self._scale, len(self._edges) - 1)

    def _features(self, window: FloatArray) -> Features:
        # A live window is a transposed view of the ring buffer. In one memory layout, its sums are
        # rounded as in training.
        whole = np.ascontiguousarray(window, dtype=np.float64)
        sums = np.add.reduceat(whole[:, : self._edges[-1]], self._edges[:-1], axis=1)
        return np.asarray((sums / np.diff(self._edges)).ravel())


def _edges(n_samples: int, length: int) -> NDArray[np.int64]:
    """Compute the edges of time bins of equal length; a shorter rest is left out."""
    n_pieces = max(1, n_samples // length)
    return np.arange(n_pieces + 1) * min(length, n_samples)
