"""Features of one window: band power, ratio, asymmetry, coherence, slow potential.

Spectra are periodograms with a Hann taper and the mean removed. That is Welch's method (P. D.
Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70-73) with one segment. Coherence is averaged
over segments that overlap by half.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError
from bci.profiles.neurofeedback import Band, FeatureSettings

Array = NDArray[np.float64]
# Added to a power, in the channel's unit squared, so that the logarithm of 0 stays finite.
_TINY = 1e-60
_FEW_SEGMENTS = 2


class Feature:
    """Compute the feature of a window's site signals.

    Raises `MismatchError` if a window is too short for a band, or the sampling rate too low.
    """

    def __init__(self, settings: FeatureSettings, n_samples: int, sfreq: float) -> None:
        self._settings = settings
        self._sfreq = sfreq
        self._n_samples = n_samples
        n_segment = n_samples
        if settings.kind == "coherence":
            n_segment = round(settings.segment_s * sfreq)
        self._n_segment = min(n_segment, n_samples)
        self._spectrum = Spectrum(self._n_segment, sfreq)
        self._compute = self._chosen()

    def __call__(self, signals: Array) -> float:
        """Compute the feature of signals (n_sites, n_samples)."""
        return float(self._compute(signals))

    def _chosen(self) -> Callable[[Array], float]:
        wanted = self._settings
        if wanted.kind == "slow_potential":
            return self._slow_potential()
        assert wanted.band_hz is not None
        band = self._spectrum.bins(wanted.band_hz, "feature.band_hz")
        if wanted.kind == "coherence":
            return self._coherence(band)
        if wanted.kind == "asymmetry":
            return lambda signals: _difference(np.log(self._power(signals, band)))
        below = wanted.over_hz if wanted.kind == "ratio" else wanted.relative_to_hz
        if below is None:
            return lambda signals: float(decibels(self._power(signals, band)).mean())
        key = "feature.over_hz" if wanted.kind == "ratio" else "feature.relative_to_hz"
        other = self._spectrum.bins(below, key)

        def compared(signals: Array) -> float:
            power = self._spectrum.density(signals)
            both = self._spectrum.sum(power, band), self._spectrum.sum(power, other)
            return float((decibels(both[0]) - decibels(both[1])).mean())

        return compared

    def _power(self, signals: Array, band: slice) -> Array:
        return self._spectrum.sum(self._spectrum.density(signals), band)

    def _coherence(self, band: slice) -> Callable[[Array], float]:
        step = max(1, self._n_segment // 2)
        starts = range(0, self._n_samples - self._n_segment + 1, step)
        if len(starts) < _FEW_SEGMENTS:
            raise MismatchError(
                "neurofeedback.feature.segment_s: one segment alone is always coherent; make "
                "segment_s shorter, or pipeline.window_s longer"
            )

        def coherence(signals: Array) -> float:
            spectra = np.stack(
                [self._spectrum.transform(signals[:, i : i + self._n_segment]) for i in starts]
            )[:, :, band]
            across = np.abs((spectra[:, 0] * spectra[:, 1].conj()).mean(axis=0)) ** 2
            own = (np.abs(spectra) ** 2).mean(axis=0)
            return float((across / np.maximum(own[0] * own[1], _TINY)).mean())

        return coherence

    def _slow_potential(self) -> Callable[[Array], float]:
        n_mean = max(1, round(self._settings.mean_s * self._sfreq))
        n_reference = max(1, round(self._settings.reference_s * self._sfreq))
        if n_mean + n_reference > self._n_samples:
            raise MismatchError(
                "neurofeedback.feature: mean_s and reference_s together are longer than "
                "pipeline.window_s; make the window longer"
            )

        def slow(signals: Array) -> float:
            late, early = signals[:, -n_mean:], signals[:, :n_reference]
            return float((late.mean(axis=1) - early.mean(axis=1)).mean())

        return slow


class Spectrum:
    """One-sided power spectral density of signals of one length."""

    def __init__(self, n_samples: int, sfreq: float) -> None:
        # A periodic Hann window, as usual for the discrete Fourier transform.
        self._taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_samples) / n_samples)
        self._scale = 1.0 / (sfreq * float(np.sum(self._taper**2)))
        self._resolution = sfreq / n_samples
        self._freqs = np.arange(n_samples // 2 + 1) * self._resolution
        self._is_even = n_samples % 2 == 0
        self._nyquist = sfreq / 2

    def bins(self, band: Band, key: str) -> slice:
        """Return the slice of the frequencies within a band, both ends included.

        ``key`` is the band's key in the protocol, for the message.

        Raises `MismatchError` if the band contains no frequency of the spectrum.
        """
        low, high = band
        if high > self._nyquist:
            raise MismatchError(
                f"neurofeedback.{key}: {high:g} Hz is above half the rate "
                f"({self._nyquist:g} Hz); choose a lower band"
            )
        # The tolerance keeps a frequency that equals the band's end but for rounding.
        slack = 1e-9 * self._resolution
        found = np.flatnonzero((self._freqs >= low - slack) & (self._freqs <= high + slack))
        if not len(found):
            raise MismatchError(
                f"neurofeedback.{key}: {low:g} to {high:g} Hz lies between two frequencies "
                f"of a window, which are {self._resolution:g} Hz apart; choose a wider band or a "
                "longer window"
            )
        return slice(int(found[0]), int(found[-1]) + 1)

    def transform(self, signals: Array) -> NDArray[np.complex128]:
        """Compute the spectra (n_signals, n_freqs) of signals (n_signals, n_samples).

        Each signal's mean is removed, and the signal is tapered.
        """
        centred = signals - signals.mean(axis=1, keepdims=True)
        return np.asarray(np.fft.rfft(centred * self._taper, axis=1))

    def density(self, signals: Array) -> Array:
        """Power spectral density, (n_signals, n_freqs), in squared units per hertz."""
        power = np.abs(self.transform(signals)) ** 2 * self._scale
        power[:, 1 : -1 if self._is_even else None] *= 2
        return np.asarray(power)

    def sum(self, density: Array, band: slice) -> Array:
        """Power within a band, (n_signals,)."""
        return np.asarray(density[:, band].sum(axis=1) * self._resolution + _TINY)


class Smoother:
    """Exponential moving average of values at irregular times; ``time_s`` is its time constant.

    The weight of old values falls with time, so also over a gap.
    """

    def __init__(self, time_s: float) -> None:
        self._time_s = time_s
        self._value: float | None = None
        self._at = 0.0

    def __call__(self, value: float, at: float) -> float:
        """Add a value at the time ``at``; return the average.

        ``at`` is in seconds on the clock of the signal's time stamps.
        """
        if self._time_s <= 0:
            return value
        if self._value is None:
            self._value = value
        else:
            weight = 1.0 - float(np.exp(-max(0.0, at - self._at) / self._time_s))
            self._value += weight * (value - self._value)
        self._at = at
        return self._value


def decibels(power: Array) -> Array:
    """Convert powers of any shape to decibels: ten times the decimal logarithm."""
    return np.asarray(10.0 * np.log10(power))


def _difference(values: Array) -> float:
    return float(values[1] - values[0])
