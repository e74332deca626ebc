"""Task-related component analysis: the reproducible component of each target's trials.

Ensemble TRCA with a filter bank: Nakanishi, Wang, Chen, Wang, Gao and Jung, IEEE Trans. Biomed.
Eng. 65 (2018) 104-112.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from bci.errors import RecordingError
from bci.profiles.flicker import Stimuli
from bci.signals import FloatArray, Signal
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.ssvep.filter_bank import FilterBank
from decoders.ssvep.stimuli import MOST_BANDS, require_frequencies

Array = NDArray[np.float64]

# Share of the mean channel power added to each channel, because channels may be linearly dependent.
_RIDGE = 1e-6


class Trca:
    """Decoder: correlation of a window with each target's mean trial, after spatial filters.

    The spatial filters of all targets are used. A window must begin at the stimulus' onset or a
    fixed time after it, because the templates depend on the phase.

    Parameters
    ----------
    n_bands : int
        Largest number of sub-bands; 0 for the unfiltered window.
    sharpness : float
        Probabilities are the softmax of ``sharpness * score``.
    stimuli : Stimuli, optional
        Frequencies of the classes; from the profile's paradigm.flicker.
    """

    summary = "task-related component analysis (ensemble, filter bank), 30 s to 2 min of training"
    task = "ssvep"
    needs_cues = True

    def __init__(
        self, n_bands: int = 5, sharpness: float = 15.0, stimuli: Stimuli | None = None
    ) -> None:
        if not (isinstance(n_bands, int) and 0 <= n_bands <= MOST_BANDS):
            raise ValueError(f"n_bands = {n_bands} must be a whole number, 0 to {MOST_BANDS}")
        if not sharpness > 0:
            raise ValueError(f"sharpness = {sharpness} must be above 0")
        self.n_bands = n_bands
        self.sharpness = float(sharpness)
        self.stimuli = stimuli
        self.classes: tuple[str, ...] = ()

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        signal: Signal | None = None,
        **_: object,
    ) -> None:
        """Compute a spatial filter and a template per target and sub-band.

        Arguments as for `bci.interfaces.Decoder`.
        """
        if signal is None:
            raise ValueError("the rate is missing: give signal")
        stimuli = require_frequencies(self.stimuli)
        self.classes = tuple(str(label) for label in np.unique(labels))
        for name in self.classes:
            if (n := int(np.sum(labels == name))) < 2:
                raise RecordingError(
                    f"target {name} has {n} trial to learn from, beside those held out for the "
                    "score, and TRCA needs 2; record each target more often, or use the decoder "
                    "fbcca, which needs no training"
                )
        high_hz = min(stimuli.high_hz, signal.sfreq)
        self._bank = FilterBank(
            self.n_bands, float(stimuli.frequencies.min()), signal.sfreq, high_hz
        )
        bands = self._bank.filter(windows)  # (B, n, C, N)
        own = [bands[:, labels == name] for name in self.classes]
        self._templates = np.stack([each.mean(axis=1) for each in own], axis=1)  # (B, K, C, N)
        self._filters = np.stack(
            [[_task_related(trials) for trials in each] for each in own], axis=1
        )  # (B, K, C)
        self._sampling = np.array([stimuli.frequencies.min(), signal.sfreq, high_hz])
        self._project()

    def predict_proba(self, window: FloatArray) -> Array:
        return softmax(self.sharpness * self.scores(window))

    def scores(self, window: FloatArray) -> Array:
        """Compute the weighted correlation with each target, (n_classes,).

        ``window`` has the shape (n_channels, n_samples).
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            bands = self._bank.filter(window)  # (B, C, N)
            shown = (self._filters @ bands).reshape(len(bands), -1)  # (B, K * N)
            shown /= np.linalg.norm(shown, axis=1, keepdims=True)
            correlations = (self._projected @ shown[..., None])[..., 0]  # (B, K)
        return np.asarray(self._bank.weights @ correlations)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "filters": self._filters,
            "templates": self._templates,
            "sampling": self._sampling,
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "Trca":
        decoder = cls(**params)
        decoder.classes = classes
        decoder._sampling = shaped(arrays, "sampling", (3,))
        lowest, sfreq, high_hz = (float(value) for value in decoder._sampling)
        decoder._bank = FilterBank(decoder.n_bands, lowest, sfreq, high_hz)
        n_bands, n_classes = decoder._bank.n_bands, len(classes)
        decoder._templates = shaped(arrays, "templates", (n_bands, n_classes, -1, -1))
        n_channels = decoder._templates.shape[2]
        decoder._filters = shaped(arrays, "filters", (n_bands, n_classes, n_channels))
        decoder._project()
        return decoder

    def _project(self) -> None:
        """Filter the templates by all targets' filters, and scale them to unit norm."""
        n_bands, n_classes, _, n_samples = self._templates.shape
        projected = self._filters[:, None] @ self._templates  # (B, K, K, N)
        flat = projected.reshape(n_bands, n_classes, n_classes * n_samples)
        self._projected = flat / np.linalg.norm(flat, axis=-1, keepdims=True)


def _task_related(trials: Array) -> Array:
    """Compute the spatial filter (C,) with the most similar output across trials (n, C, N)."""
    total = trials.sum(axis=0)
    each = np.einsum("icn,idn->cd", trials, trials, optimize=True)
    between = total @ total.T - each
    ridge = _RIDGE * np.trace(each) / len(each) * np.eye(len(each))
    _, vectors = eigh(between, each + ridge, subset_by_index=[len(each) - 1, len(each) - 1])
    return np.asarray(vectors[:, 0])
