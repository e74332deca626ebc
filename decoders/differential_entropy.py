"""Differential entropy of frequency bands + one logistic regression an axis.

Duan, Zhu and Lu, "Differential entropy feature for EEG-based emotion classification", IEEE/EMBS
NER 2013: of a Gaussian signal it is half the logarithm of 2 pi e times its variance, here that
of the window's Hann-tapered spectrum in each band.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.levels import LevelGrid, grid_for, grid_of
from bci.types import FloatArray, Signal
from decoders.linear import Features, LinearHead, shaped

# Delta, theta, alpha, beta, gamma, in hertz; what the pipeline's filters leave of them.
BANDS_HZ = ((1.0, 4.0), (4.0, 8.0), (8.0, 14.0), (14.0, 31.0), (31.0, 50.0))
_TINY = 1e-30


class DifferentialEntropy:
    """Differential entropies, standardised -> multinomial logistic regression an axis.

    Each group of training windows (a run, or a person's run) is standardised by itself, served
    windows by all calibration windows, which is what makes people alike. Classes are all
    combinations of levels, and their probabilities the products of the axes'.

    Parameters
    ----------
    c : float
        Inverse strength of the regressions' L2 penalty.
    """

    def __init__(self, c: float = 0.1) -> None:
        if not c > 0:
            raise ValueError(f"c = {c} must be above 0")
        self.c = float(c)
        self.classes: tuple[str, ...] = ()

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        **_: object,
    ) -> None:
        """Learn from windows; see `bci.types.Decoder`."""
        if signal is None:
            raise ValueError("band power needs to know the sampling rate")
        self._take_grid(grid_for(labels))
        self._set_bands(signal.sfreq, windows.shape[2])
        features = self._features(windows)
        numbers = self._grid.numbers(labels)
        self._standardise_by(features)
        each = np.zeros(len(windows), dtype=np.int64) if groups is None else groups
        for group in np.unique(each):
            chosen = each == group
            own = features[chosen]
            features[chosen] = (own - own.mean(axis=0)) / _spread(own)
        self._heads = tuple(self._fit_axis(features, own) for own in numbers.T)

    def adapt(self, windows: FloatArray) -> None:
        """Take a person's windows, labels unknown, for the standardisation."""
        self._standardise_by(self._features(windows))

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        features = (self._features(window[None])[0] - self._mean) / self._deviation
        return self._grid.joint(np.stack([head.probabilities(features) for head in self._heads]))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "signal": np.array([self._sfreq, self._n_samples]),
            "mean": self._mean,
            "deviation": self._deviation,
            "coef": np.stack([head.coef for head in self._heads]),
            "intercept": np.stack([head.intercept for head in self._heads]),
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "DifferentialEntropy":
        decoder = cls(**params)
        grid = grid_of(classes)
        if grid is None:
            raise ValueError("its classes are not all levels of all axes")
        decoder._take_grid(grid)
        sfreq, n_samples = shaped(arrays, "signal", (2,))
        if not (0 < sfreq <= 1e6 and 2 <= n_samples <= 1e6):
            raise ValueError(f"array 'signal' is {sfreq:g} Hz and {n_samples:g} samples")
        decoder._set_bands(float(sfreq), int(n_samples))
        n_axes, n_levels = len(grid.axes), grid.n_levels
        decoder._mean = shaped(arrays, "mean", (-1,))
        n_features = len(decoder._mean)
        decoder._deviation = shaped(arrays, "deviation", (n_features,))
        coef = shaped(arrays, "coef", (n_axes, n_levels, n_features))
        intercept = shaped(arrays, "intercept", (n_axes, n_levels))
        decoder._heads = tuple(map(LinearHead, coef, intercept))
        return decoder

    def _take_grid(self, grid: LevelGrid) -> None:
        self._grid = grid
        self.classes = grid.classes

    def _set_bands(self, sfreq: float, n_samples: int) -> None:
        self._sfreq, self._n_samples = sfreq, n_samples
        freqs = np.fft.rfftfreq(n_samples, 1 / sfreq)
        rows = [(freqs >= low) & (freqs < high) for low, high in BANDS_HZ]
        # A window too short for a band, or a rate too low, has one band less.
        self._bands = np.array([row for row in rows if row.any()], dtype=float)
        self._taper = np.hanning(n_samples)

    def _features(self, windows: FloatArray) -> Features:
        """Differential entropies, (n_windows, n_channels * n_bands)."""
        centred = windows - windows.mean(axis=2, keepdims=True)
        spectrum = np.abs(np.fft.rfft(centred * self._taper, axis=2)) ** 2
        variance = 2 * (spectrum @ self._bands.T) / (self._n_samples * (self._taper**2).sum())
        entropy = 0.5 * np.log(2 * np.pi * np.e * np.maximum(variance, _TINY))
        return np.asarray(entropy.reshape(len(windows), -1))

    def _standardise_by(self, features: Features) -> None:
        self._mean, self._deviation = features.mean(axis=0), _spread(features)

    def _fit_axis(self, features: Features, levels: NDArray[np.int64]) -> LinearHead:
        """A head over all levels; one that was not in training is hardly ever decided."""
        from sklearn.linear_model import LogisticRegression

        found, n_levels = np.unique(levels), self._grid.n_levels
        coef = np.zeros((n_levels, features.shape[1]))
        intercept = np.full(n_levels, _NEVER)
        if len(found) == 1:
            intercept[found] = 0.0
            return LinearHead(coef, intercept)
        regression = LogisticRegression(C=self.c, max_iter=2000, class_weight="balanced")
        head = LinearHead.from_sklearn(regression.fit(features, levels))
        coef[found], intercept[found] = head.coef, head.intercept
        return LinearHead(coef, intercept)


# Log odds of a level without training windows.
_NEVER = -10.0


def _spread(features: Features) -> Features:
    return np.asarray(np.maximum(features.std(axis=0), 1e-9))
