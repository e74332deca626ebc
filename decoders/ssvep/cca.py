"""Canonical correlation with sines and cosines of each target, without training.

CCA: Lin, Zhang, Wu and Gao, IEEE Trans. Biomed. Eng. 53 (2006) 2610-2614. Filter-bank CCA: Chen,
Wang, Gao, Jung and Gao, J. Neural Eng. 12 (2015) 046008. The phase of a target has no effect.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError
from bci.profiles.flicker import Stimuli
from bci.signals import FloatArray, Signal
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.ssvep.canonical import CanonicalCorrelations
from decoders.ssvep.filter_bank import FilterBank
from decoders.ssvep.references import check_references, n_harmonics_below, reference_bases
from decoders.ssvep.stimuli import MOST_BANDS, require_frequencies, require_unlike

Array = NDArray[np.float64]

_MOST_HARMONICS = 20


class FilterBankCca:
    """Decoder: weighted squared canonical correlations of the sub-bands of a window.

    Probabilities are the softmax of ``sharpness * window length in seconds * score``. The default
    ``sharpness`` was fitted on simulated subjects. A calibration with recordings also fits a
    temperature.

    Parameters
    ----------
    n_harmonics : int
        Largest number of harmonics per target; they must lie below half the rate and the upper edge
        of the pipeline's band.
    n_bands : int
        Largest number of sub-bands; 0 for the unfiltered window.
    sharpness : float
    stimuli : Stimuli, optional
        Frequencies of the classes; from the profile's paradigm.flicker.
    """

    summary = "filter-bank canonical correlation, no training"
    task = "ssvep"

    def __init__(
        self,
        n_harmonics: int = 5,
        n_bands: int = 5,
        sharpness: float = 10.0,
        stimuli: Stimuli | None = None,
    ) -> None:
        if not (isinstance(n_harmonics, int) and 1 <= n_harmonics <= _MOST_HARMONICS):
            raise ValueError(
                f"n_harmonics = {n_harmonics} must be a whole number, 1 to {_MOST_HARMONICS}"
            )
        if not (isinstance(n_bands, int) and 0 <= n_bands <= MOST_BANDS):
            raise ValueError(f"n_bands = {n_bands} must be a whole number, 0 to {MOST_BANDS}")
        if not sharpness > 0:
            raise ValueError(f"sharpness = {sharpness} must be above 0")
        self.n_harmonics = n_harmonics
        self.n_bands = n_bands
        self.sharpness = float(sharpness)
        self.stimuli = stimuli
        self.classes: tuple[str, ...] = stimuli.classes if stimuli is not None else ()

    def prepare(self, signal: Signal, n_samples: int) -> None:
        """Make the references for windows of ``n_samples``; after this, the decoder is ready."""
        stimuli = require_frequencies(self.stimuli)
        require_unlike(stimuli)
        self.classes = stimuli.classes
        self._design(stimuli.frequencies, signal.sfreq, stimuli.high_hz, n_samples)

    def fit(
        self,
        windows: FloatArray,
        _labels: NDArray[np.str_],
        *,
        signal: Signal | None = None,
        **_: object,
    ) -> None:
        """Make the references for the length of ``windows``; nothing is trained on them.

        ``windows`` have the shape (n_windows, n_channels, n_samples).
        """
        if signal is None:
            raise ValueError("the rate is missing: give signal")
        try:
            self.prepare(signal, windows.shape[-1])
        except ValueError as error:
            raise MismatchError(str(error)) from error

    def predict_proba(self, window: FloatArray) -> Array:
        return softmax(self._scale * self.scores(window))

    def scores(self, window: FloatArray) -> Array:
        """Compute the weighted squared correlation with each target, (n_classes,).

        ``window`` has the shape (n_channels, n_samples). The result is NaN if a value of the
        filtered window is not finite.
        """
        with np.errstate(invalid="ignore"):
            bands = self._bank.filter(window)
        if not np.isfinite(bands).all():
            return np.full(len(self.classes), np.nan)
        return np.asarray(self._bank.weights @ self._correlations.squared(bands))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "frequencies": self._frequencies,
            "sampling": np.array([self._sfreq, self._high_hz]),
            "n_samples": np.array([self._n_samples]),
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "FilterBankCca":
        decoder = cls(**params)
        decoder.classes = classes
        frequencies = shaped(arrays, "frequencies", (len(classes),))
        sfreq, high_hz = shaped(arrays, "sampling", (2,))
        (n_samples,) = shaped(arrays, "n_samples", (1,))
        if not frequencies.min() > 0:
            raise ValueError("array 'frequencies' holds values that are not above 0")
        decoder._design(frequencies, float(sfreq), float(high_hz), int(n_samples))
        return decoder

    def _design(self, frequencies: Array, sfreq: float, high_hz: float, n_samples: int) -> None:
        self._frequencies = np.asarray(frequencies, dtype=np.float64)
        self._sfreq, self._n_samples = sfreq, n_samples
        # Infinity would not pass the checks of stored values.
        self._high_hz = min(high_hz, sfreq)
        n_harmonics = n_harmonics_below(self._frequencies, self.n_harmonics, sfreq, high_hz)
        check_references(self._frequencies, n_harmonics, sfreq, n_samples)
        bases = reference_bases(self._frequencies, n_harmonics, sfreq, n_samples)
        self._correlations = CanonicalCorrelations(bases)
        self._bank = FilterBank(self.n_bands, float(self._frequencies.min()), sfreq, high_hz)
        self._scale = self.sharpness * n_samples / sfreq


class Cca(FilterBankCca):
    """Decoder: largest squared canonical correlation of a window with each target."""

    summary = "canonical correlation, no training"

    def __init__(
        self,
        n_harmonics: int = 3,
        sharpness: float = 10.0,
        stimuli: Stimuli | None = None,
    ) -> None:
        super().__init__(n_harmonics, 0, sharpness, stimuli)
