"""Log band power, with linear discriminant analysis: the fastest decoder, for many channels.

The pipeline's filters set the band. Pfurtscheller and Neuper, Proc. IEEE 89 (2001) 1123-1134,
describe band power as a feature of motor imagery.
"""

import copy
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bci.pipeline import kernels
from bci.signals import FloatArray
from bci.training.epochs import Epochs
from decoders.classical.haufe import TINY, class_weights, haufe_patterns
from decoders.classical.linear_head import LinearHead, fit_discriminant, shaped, taught
from decoders.parameters import flag


class LogPower:
    """Decoder: log mean square of each channel, and shrinkage LDA.

    Parameters
    ----------
    balanced : bool
        Treat all classes as equally likely, whatever their numbers of trials.
    """

    summary = "log band power and shrinkage LDA"
    adapts = ("supervised",)

    def __init__(self, balanced: bool = False) -> None:
        self.balanced = flag("balanced", balanced)
        self.classes: tuple[str, ...] = ()

    def fit(self, windows: FloatArray, labels: NDArray[np.str_], **_: object) -> None:
        features = np.stack([_log_powers(window) for window in windows])
        lda = fit_discriminant(features, labels, self.balanced)
        self.classes = tuple(str(label) for label in lda.classes_)
        self._head = LinearHead.from_sklearn(lda)

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the log power of each channel of a window (n_channels, n_samples)."""
        return _log_powers(window)

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> "LogPower":
        """Copy the decoder and train its discriminant further; see `bci.interfaces.Teachable`."""
        learnt = copy.copy(self)
        learnt._head = taught(self._head, features, numbers)
        return learnt

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        return self._head.probabilities(self.features(window))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64]:
        """Patterns of the channels' log power; see `decoders.patterns`."""
        squares = np.square(epochs.windows, dtype=np.float64).mean(axis=2)
        return haufe_patterns(np.log(np.maximum(squares, TINY)), class_weights(self._head.coef))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return self._head.arrays()

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, bool],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "LogPower":
        decoder = cls(**params)
        decoder.classes = classes
        n_features = shaped(arrays, "coef", (-1, -1)).shape[1]
        decoder._head = LinearHead.from_arrays(arrays, len(classes), n_features)
        return decoder


def _log_powers(window: FloatArray) -> NDArray[np.float64]:
    out = np.empty(len(window))
    # A live window is a transposed view of the ring buffer; its transpose is contiguous.
    kernels.log_power(np.ascontiguousarray(window.T), out)
    return out
