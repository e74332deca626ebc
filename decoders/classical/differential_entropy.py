"""Differential entropy of frequency bands, with one ridge regression per axis.

Duan, Zhu and Lu, "Differential entropy feature for EEG-based emotion classification", IEEE/EMBS
NER 2013. The differential entropy of a Gaussian signal is half the logarithm of 2 pi e times its
variance. Here the variance in each band comes from the window's Hann-tapered spectrum. An axis is
a dimension of emotion: valence or arousal.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray, Signal
from bci.tasks.emotion_levels import LevelGrid, grid_for, grid_of
from decoders.classical.linear_head import Features, shaped
from decoders.classical.softmax import softmax

# Delta, theta, alpha, beta and gamma, in hertz, after the pipeline's filters.
BANDS_HZ = ((1.0, 4.0), (4.0, 8.0), (8.0, 14.0), (14.0, 31.0), (31.0, 50.0))
# Candidate strengths of the penalty.
_ALPHAS = np.logspace(0, 4, 9)
_TINY = 1e-30


class DifferentialEntropy:
    """Decoder: standardised differential entropies, and ridge regression of each axis's level.

    The probability of a level is a Gaussian of its distance from the predicted level; its width is
    the regression's leave-one-out error. Regression uses the order of the levels. Logistic
    regression, the usual choice, ignores it and was much weaker on simulated subjects.

    To reduce differences between people, each group of training windows (a run, or a person's run)
    is standardised by itself. Live windows are standardised by all calibration windows. Classes are
    all combinations of levels; their probabilities are the products of those of the axes.
    """

    summary = "differential entropy and ridge regression of levels"
    task = "emotion"
    carries_over = True

    def __init__(self) -> None:
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
        """Train on windows; see `bci.interfaces.Decoder`."""
        if signal is None:
            raise ValueError("band power needs to know the sampling rate")
        self._take_grid(grid_for(labels))
        self._set_bands(signal.sfreq, windows.shape[2])
        features = self._features(windows)
        numbers = self._grid.numbers(labels).astype(np.float64)
        self._standardise_by(features)
        each = np.zeros(len(windows), dtype=np.int64) if groups is None else groups
        for group in np.unique(each):
            chosen = each == group
            own = features[chosen]
            features[chosen] = (own - own.mean(axis=0)) / _deviations(own)
        self._regress(features, numbers)

    def adapt(self, windows: FloatArray) -> None:
        """Standardise by a person's unlabelled windows from now on.

        ``windows`` have the shape (n_windows, n_channels, n_samples).
        """
        self._standardise_by(self._features(windows))

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        features = (self._features(window[None])[0] - self._mean) / self._deviation
        level = self._coef @ features + self._intercept  # (n_axes,), from 0
        away = (np.arange(self._grid.n_levels) - level[:, None]) / self._error[:, None]
        return self._grid.joint(softmax(-0.5 * away**2))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "signal": np.array([self._sfreq, self._n_samples]),
            "mean": self._mean,
            "deviation": self._deviation,
            "coef": self._coef,
            "intercept": self._intercept,
            "error": self._error,
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
        n_axes = len(grid.axes)
        decoder._mean = shaped(arrays, "mean", (-1,))
        n_features = len(decoder._mean)
        decoder._deviation = shaped(arrays, "deviation", (n_features,))
        decoder._coef = shaped(arrays, "coef", (n_axes, n_features))
        decoder._intercept = shaped(arrays, "intercept", (n_axes,))
        decoder._error = np.maximum(shaped(arrays, "error", (n_axes,)), _LEAST_ERROR)
        return decoder

    def _take_grid(self, grid: LevelGrid) -> None:
        self._grid = grid
        self.classes = grid.classes

    def _set_bands(self, sfreq: float, n_samples: int) -> None:
        self._sfreq, self._n_samples = sfreq, n_samples
        freqs = np.fft.rfftfreq(n_samples, 1 / sfreq)
        rows = [(freqs >= low) & (freqs < high) for low, high in BANDS_HZ]
        # A band without frequencies, in a short window or at a low rate, is left out.
        self._bands = np.array([row for row in rows if row.any()], dtype=float)
        self._taper = np.hanning(n_samples)

    def _features(self, windows: FloatArray) -> Features:
        """Compute differential entropies, (n_windows, n_channels * n_bands)."""
        # A live window is a transposed view of the ring buffer. In one memory layout, its sums are
        # rounded as in training.
        windows = np.ascontiguousarray(windows)
        centred = windows - windows.mean(axis=2, keepdims=True)
        spectrum = np.abs(np.fft.rfft(centred * self._taper, axis=2)) ** 2
        variance = 2 * (spectrum @ self._bands.T) / (self._n_samples * (self._taper**2).sum())
        entropy = 0.5 * np.log(2 * np.pi * np.e * np.maximum(variance, _TINY))
        return np.asarray(entropy.reshape(len(windows), -1))

    def _standardise_by(self, features: Features) -> None:
        self._mean, self._deviation = features.mean(axis=0), _deviations(features)

    def _regress(self, features: Features, numbers: Features) -> None:
        from sklearn.linear_model import RidgeCV

        axes = [RidgeCV(_ALPHAS).fit(features, own) for own in numbers.T]
        self._coef = np.stack([axis.coef_ for axis in axes])
        self._intercept = np.array([axis.intercept_ for axis in axes])
        # The best score is the negative of the leave-one-out squared error.
        errors = [np.sqrt(max(0.0, -axis.best_score_)) for axis in axes]
        self._error = np.maximum(errors, _LEAST_ERROR)


# Least error, in levels; with very few films, the regression fits the training data perfectly.
_LEAST_ERROR = 0.1


def _deviations(features: Features) -> Features:
    return np.asarray(np.maximum(features.std(axis=0), 1e-9))
