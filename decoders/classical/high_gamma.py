"""Log high-gamma power with linear discriminant analysis: a simple decoder of words.

Power at 70-150 Hz follows the activity of the cortex around a contact (Crone et al., Brain 121
(1998) 2301-2315; for speech, Pei et al., J. Neural Eng. 8 (2011) 046028).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError
from bci.signals import FloatArray, Signal
from decoders.classical.linear_head import LinearHead, shaped

LOW_HZ, HIGH_HZ = 70.0, 150.0
# Far below any amplifier's noise, in microvolts squared; keeps the logarithm of 0 finite.
_LEAST_POWER = 1e-6
_SHORTEST_BIN_S = 0.05


class HighGammaLda:
    """Decoder: log power at 70-150 Hz in time bins of each channel, and shrinkage LDA.

    Parameters
    ----------
    bins : int
        Number of time bins of equal length per window.
    """

    summary = "log high-gamma power and LDA"
    task = "speech"
    needs_cues = True

    def __init__(self, bins: int = 5) -> None:
        if not (isinstance(bins, int) and 1 <= bins <= 100):
            raise ValueError(f"bins = {bins} must be a whole number from 1 to 100")
        self.bins = bins
        self.classes: tuple[str, ...] = ()

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        signal: Signal | None = None,
        **_: object,
    ) -> None:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        if signal is None:
            raise ValueError("high-gamma power needs the sampling rate")
        require_high_gamma(signal.sfreq)
        if windows.shape[2] < self.bins * _SHORTEST_BIN_S * signal.sfreq:
            raise MismatchError(
                f"{self.bins} bins in a window of {windows.shape[2] / signal.sfreq:g} s are "
                f"shorter than {_SHORTEST_BIN_S:g} s: lengthen pipeline.window_s or lower "
                "decoder.params.bins"
            )
        self._sfreq = signal.sfreq
        features = log_high_gamma(windows, self._sfreq, self.bins).reshape(len(windows), -1)
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(features, labels)
        self.classes = tuple(str(label) for label in lda.classes_)
        self._head = LinearHead.from_sklearn(lda)

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        features = log_high_gamma(window[None], self._sfreq, self.bins)
        return self._head.probabilities(features.ravel())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"sfreq": np.array([self._sfreq]), **self._head.arrays()}

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, object],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "HighGammaLda":
        decoder = cls(**params)  # type: ignore[arg-type]
        decoder.classes = classes
        decoder._sfreq = float(shaped(arrays, "sfreq", (1,))[0])
        n_features = shaped(arrays, "coef", (-1, -1)).shape[1]
        decoder._head = LinearHead.from_arrays(arrays, len(classes), n_features)
        return decoder


def require_high_gamma(sfreq: float) -> None:
    """Check that the sampling rate is high enough for the band.

    Raises
    ------
    MismatchError
        If half the rate is not above 150 Hz.
    """
    if sfreq <= 2 * HIGH_HZ:
        raise MismatchError(
            f"high-gamma power (70-150 Hz) needs a rate above {2 * HIGH_HZ:g} Hz; the windows "
            f"have {sfreq:g} Hz: record faster, or take decimate out of the profile's filters"
        )


def log_high_gamma(windows: FloatArray, sfreq: float, n_bins: int) -> NDArray[np.float64]:
    """Compute the natural logarithm of the power at 70-150 Hz in time bins.

    Each bin has a Hann-tapered Fourier transform.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
        If ``n_samples`` is no multiple of ``n_bins``, the oldest samples are left out.
    sfreq : float
        In hertz, above 300.
    n_bins : int

    Returns
    -------
    log_power : ndarray, shape (n_windows, n_channels, n_bins)
        Logarithm of a power in the windows' unit squared.
    """
    length = windows.shape[2] // n_bins
    bins = windows[:, :, windows.shape[2] - n_bins * length :]
    bins = bins.reshape(*windows.shape[:2], n_bins, length)
    taper = np.hanning(length)
    hz = np.fft.rfftfreq(length, 1 / sfreq)
    inside = (hz >= LOW_HZ) & (hz <= HIGH_HZ)
    spectrum = np.fft.rfft(bins * taper, axis=3)[..., inside]
    power = 2 * (spectrum.real**2 + spectrum.imag**2).sum(axis=3) / (length * (taper**2).sum())
    return np.asarray(np.log(power + _LEAST_POWER))
