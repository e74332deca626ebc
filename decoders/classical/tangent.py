"""Riemannian tangent space, with logistic regression.

Barachant, Bonnet, Congedo and Jutten, IEEE Trans. Biomed. Eng. 59 (2012) 920-928. Scikit-learn
trains the regression; decoding a window needs only the arrays stored here.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray, Signal
from bci.training.epochs import Epochs
from decoders.classical.base_windows import BaseWindows
from decoders.classical.covariance import covariance, covariances, riemannian_mean
from decoders.classical.haufe import class_weights, haufe_patterns
from decoders.classical.linear_head import LinearHead, fit_near, shaped, taught
from decoders.classical.pooling import (
    Labelled,
    Others,
    balance,
    choose_weight,
    fit_alone,
    fit_others,
    fit_pooled,
)
from decoders.classical.reference import Reference
from decoders.parameters import flag

# Percentile of the calibration windows' distances from the reference that limits the step of the
# adaptation. A farther window is an artifact or has a loose electrode. With the percentile 90,
# accuracy is half a percentage point lower.
_USUAL_PERCENT = 99


class TangentSpace:
    """Decoder: tangent vector of the covariance, and multinomial logistic regression.

    With ``align``, the tangent vectors of each group of training windows (a run, or another
    person's run) are computed at the group's own mean, which reduces differences between runs and
    people (Zanini, Congedo, Jutten, Said and Berthoumieu, IEEE Trans. Biomed. Eng. 65 (2018)
    1107-1116). Live windows are first decoded at the mean of all training windows. This mean can
    then be adapted to the signal.

    A base model trained with ``align`` stores windows of its people as covariances. Given its
    arrays, the regression is fitted to these and to the person's own windows together; see
    `decoders.classical.pooling`. With the arrays of a base model without windows, the weights are
    kept near those of the base model instead of near zero.

    Parameters
    ----------
    c : float
        Inverse strength of the regression's L2 penalty.
    align : bool
    balanced : bool
        Give all classes equal weight, whatever their numbers of trials.
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
        balanced: bool = False,
        start: Mapping[str, NDArray[np.generic]] | None = None,
    ) -> None:
        if not c > 0:
            raise ValueError(f"c = {c} must be above 0")
        self.c = float(c)
        self.align = flag("align", align)
        self.balanced = flag("balanced", balanced)
        self.classes: tuple[str, ...] = ()
        self._start = start
        self._base = None if start is None else BaseWindows.from_arrays(start)
        self._kept: BaseWindows | None = None
        self._usual = np.inf

    @property
    def follows(self) -> bool:
        """True if the reference is to be adapted to the live signal."""
        return self.align or self._base is not None

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        **_: object,
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        ValueError
            If the base model has other channels or classes.
        """
        covs = covariances(windows)
        runs = np.zeros(len(covs), dtype=np.int64) if groups is None else groups
        each = runs if self.follows else np.zeros_like(runs)
        vectors = np.empty((len(covs), covs.shape[1] * (covs.shape[1] + 1) // 2))
        for group in np.unique(each):
            chosen = each == group
            self._reference = Reference(riemannian_mean(covs[chosen]))
            vectors[chosen] = self._reference.vectors(covs[chosen])
        if len(np.unique(each)) > 1:
            self._reference = Reference(riemannian_mean(covs))
        self._usual = _usual_length(vectors)
        self.classes = tuple(str(label) for label in np.unique(labels))
        own = Labelled(vectors, np.searchsorted(self.classes, labels))
        if self._base is not None:
            self._head = self._pooled(self._base, own, runs, signal)
        elif self._start is not None:
            prior = LinearHead.from_arrays(self._start, len(self.classes), vectors.shape[1])
            self._head = fit_near(
                prior, own.features, own.numbers, self.c, balance(own) if self.balanced else None
            )
        else:
            self._head = fit_alone(own, self.c, self.balanced)

    def _pooled(
        self, base: BaseWindows, own: Labelled, runs: NDArray[np.int64], signal: Signal | None
    ) -> LinearHead:
        names = base.ch_names if signal is None else tuple(c.name for c in signal.channels)
        if base.numbers.max() >= len(self.classes):
            raise ValueError("the base model has more classes than the recordings")
        others = Others(Labelled(base.vectors(names), base.numbers), base.stands_for)
        weight = choose_weight(own, runs, others, self.c, self.balanced)
        return fit_pooled(own, others, weight, self.c, self.balanced)

    def fit_people(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        groups: NDArray[np.int64],
        signal: Signal,
    ) -> int:
        """Train on windows of several people and store them; see `bci.interfaces.Pooling`."""
        if not self.align:
            self.fit(windows, labels, groups=groups, signal=signal)
            return 0
        names = tuple(channel.name for channel in signal.channels)
        self.classes = tuple(str(label) for label in np.unique(labels))
        self._kept = BaseWindows.of(windows, np.searchsorted(self.classes, labels), groups, names)
        self._reference = Reference(riemannian_mean(self._kept.run_means(names)))
        others = Others(
            Labelled(self._kept.vectors(names), self._kept.numbers), self._kept.stands_for
        )
        self._usual = _usual_length(others.windows.features)
        self._head = fit_others(others, self.balanced)
        return len(self._kept.numbers)

    def adapt(self, windows: FloatArray) -> None:
        """Set the reference to the mean covariance of a person's unlabelled windows.

        ``windows`` have the shape (n_windows, n_channels, n_samples).
        """
        self._reference = Reference(riemannian_mean(covariances(windows)))

    def follow(self, window: FloatArray, weight: float) -> None:
        """Move the reference along the geodesic towards a window's covariance.

        ``weight`` is the step as a share of the distance, 0 to 1. So the reference is a running
        mean: Kumar, Yger and Lotte, 7th International Winter Conference on Brain-Computer
        Interface (2019), 10.1109/IWW-BCI.2019.8737349. The step is limited for a window farther
        from the reference than 99 % of the training windows.
        """
        self._reference = self._reference.moved(covariance(window), weight, self._usual)

    def alignment(self) -> NDArray[np.float64]:
        """Return the reference covariance; see `bci.interfaces.Resumable`."""
        return self._reference.matrix

    def resume(self, alignment: NDArray[np.float64]) -> None:
        """Continue from the reference covariance ``alignment``; see `bci.interfaces.Resumable`."""
        own = self._reference.matrix.shape
        self._reference = Reference(shaped({"alignment": alignment}, "alignment", own))

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the tangent vector (n_features,) of a window (n_channels, n_samples)."""
        return self._reference.vector(covariance(window))

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> "TangentSpace":
        """Copy the decoder and train its discriminant further; see `bci.interfaces.Teachable`."""
        learnt = copy.copy(self)
        learnt._head = taught(self._head, features, numbers)
        return learnt

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        return self._head.probabilities(self.features(window))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64]:
        """Compute class maps: patterns in the tangent space, converted to changes of power.

        A pattern gives a change of the covariance matrix. Its diagonal, relative to that of the
        reference, is the map; changes between channels are left out. For an aligned decoder, each
        run's vectors are centred, as in its training to first order.
        """
        vectors = np.stack([self.features(window) for window in epochs.windows])
        if self.follows:
            for run in np.unique(epochs.runs):
                vectors[epochs.runs == run] -= vectors[epochs.runs == run].mean(axis=0)
        changes = [
            np.diag(self._reference.change(pattern))
            for pattern in haufe_patterns(vectors, class_weights(self._head.coef))
        ]
        return np.asarray(np.stack(changes) / np.diag(self._reference.matrix))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "reference": self._reference.matrix,
            "usual": np.array([self._usual]),
            **self._head.arrays(),
            **(self._kept.arrays() if self._kept is not None else {}),
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "TangentSpace":
        decoder = cls(**params)
        decoder.classes = classes
        matrix = shaped(arrays, "reference", (-1, -1))
        n_channels = len(matrix)
        if matrix.shape != (n_channels, n_channels):
            raise ValueError(f"array 'reference' has shape {matrix.shape}; it must be square")
        decoder._reference = Reference(matrix)
        # Models of earlier versions lack this array.
        if "usual" in arrays:
            decoder._usual = float(shaped(arrays, "usual", (1,))[0])
        n_features = n_channels * (n_channels + 1) // 2
        decoder._head = LinearHead.from_arrays(arrays, len(classes), n_features)
        return decoder


def _usual_length(vectors: NDArray[np.float64]) -> float:
    return float(np.percentile(np.linalg.norm(vectors, axis=1), _USUAL_PERCENT))
