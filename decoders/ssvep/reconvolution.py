"""Reconvolution CCA for code-modulated visual evoked potentials, with pyntbci.

The response to a code is the sum of the responses to its single flashes, shifted: Thielen, van den
Broek, Farquhar and Desain, PLoS One 10 (2015) e0133797; Thielen, Marsman, Farquhar and Desain, J.
Neural Eng. 18 (2021) 056007. One CCA estimates a spatial filter and the responses from the trials
of all targets. So targets without trials have templates too.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.profiles.flicker import Stimuli
from bci.signals import FloatArray, Signal
from bci.stimulus.flicker_codes import sampled_bits
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.ssvep.stimuli import require_codes

Array = NDArray[np.float64]

_LEAST_TRIALS = 8
_EVENTS = ("refe", "duration")


class ReconvolutionCca:
    """Decoder: correlation of a spatially filtered cycle with the template of each target's code.

    A window is one cycle of the code, which begins at its marker. Templates assume that the code
    repeats. In the first cycle after an onset, the responses to the cycle before are missing.

    Parameters
    ----------
    response_s : float
        Length of the response to one flash, in seconds.
    event : str
        Events of a code that cause a response, in pyntbci's names: ``refe`` (rising and falling
        edges) or ``duration`` (flashes by their length).
    ridge : float
        Regularisation: share of the mean power added to each channel and each lag, 0 to 1.
    sharpness : float
        Probabilities are the softmax of ``sharpness * correlation``.
    stimuli : Stimuli, optional
        Codes of the classes; from the profile's paradigm.codes.
    """

    summary = "reconvolution CCA of codes (pyntbci), 1 to 2 min of training"
    task = "cvep"
    needs = ("pyntbci",)
    needs_cues = True

    def __init__(
        self,
        response_s: float = 0.3,
        event: str = "refe",
        ridge: float = 0.001,
        sharpness: float = 14.0,
        stimuli: Stimuli | None = None,
    ) -> None:
        if not 0.05 <= response_s <= 1:
            raise ValueError(f"response_s = {response_s} must lie between 0.05 and 1")
        if event not in _EVENTS:
            raise ValueError(f"event = {event!r:.40} must be {' or '.join(_EVENTS)}")
        if not 0 <= ridge < 1:
            raise ValueError(f"ridge = {ridge} must be 0 or more and below 1")
        if not sharpness > 0:
            raise ValueError(f"sharpness = {sharpness} must be above 0")
        self.response_s = float(response_s)
        self.event = event
        self.ridge = float(ridge)
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
        """Estimate the spatial filter and the responses; make a template of every code.

        Arguments as for `bci.interfaces.Decoder`; each window is one cycle of the code.
        """
        if signal is None:
            raise ValueError("the rate is missing: give signal")
        codes = require_codes(self.stimuli)
        if len(windows) < _LEAST_TRIALS:
            raise RecordingError(
                f"{len(windows)} cycles are too few to learn responses from; record at least "
                f"{_LEAST_TRIALS}"
            )
        n_samples = windows.shape[-1]
        order = np.argsort(codes.targets)
        self.classes = tuple(codes.targets[k] for k in order)
        n_cycle = round(codes.cycle_s * signal.sfreq)
        # Raises an error with the install command if pyntbci is missing.
        bits = sampled_bits(codes, signal.sfreq, n_cycle + n_samples)[order]
        from pyntbci.transformers import CCA
        from pyntbci.utilities import encoding_matrix, event_matrix

        events, _ = event_matrix(bits, self.event)
        lags = round(self.response_s * signal.sfreq)
        # Without the first cycle, because there is no cycle before it.
        design = encoding_matrix(events, lags)[..., n_cycle:]
        data = windows - windows.mean(axis=-1, keepdims=True, dtype=np.float64)
        cca = CCA(n_components=1, gamma_x=self.ridge, gamma_y=self.ridge)
        cca.fit(data, design[np.searchsorted(self.classes, labels)])
        # In the memory layout of loaded arrays, so that results are identical to the bit.
        self._filter = np.ascontiguousarray(cca.w_x_[:, 0], dtype=np.float64)
        templates = _unit(np.einsum("m,kmn->kn", cca.w_y_[:, 0], design))
        self._templates = np.ascontiguousarray(templates, dtype=np.float64)

    def predict_proba(self, window: FloatArray) -> Array:
        return softmax(self.sharpness * self.scores(window))

    def scores(self, window: FloatArray) -> Array:
        """Correlate the filtered window with the template of each target, shape (n_classes,).

        ``window`` (n_channels, n_samples) is one cycle of the code.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            data = np.ascontiguousarray(window, dtype=np.float64)
            return np.asarray(self._templates @ _unit(self._filter @ data))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"filter": self._filter, "templates": self._templates}

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "ReconvolutionCca":
        decoder = cls(**params)
        decoder.classes = classes
        decoder._filter = shaped(arrays, "filter", (-1,))
        decoder._templates = shaped(arrays, "templates", (len(classes), -1))
        return decoder


def _unit(courses: Array) -> Array:
    """Scale time courses (..., n_samples) to zero mean and unit norm."""
    centred = courses - courses.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=-1, keepdims=True))
