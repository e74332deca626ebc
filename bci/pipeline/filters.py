"""Causal filter stages, designed by scipy and executed by `bci.pipeline.kernels`.

Every stage converts a chunk to a chunk: ``process(data, first) -> (data, first)``. ``data``
(n_samples, n_channels) float32 may be overwritten. ``first`` is the absolute index of its first
sample, at the stage's input rate for the argument and at its output rate for the result.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from bci.pipeline import kernels
from bci.signals import Channel, FloatArray

Sos = NDArray[np.float64]

# A filter is settled when a transient has decayed to this share of its start.
_SETTLED = 0.01


class Stage(Protocol):
    """One step of a filter chain.

    A stage may have further attributes. ``channels`` is a tuple of its output channels, if they
    differ from the input. ``remarks`` is a tuple of sentences for the user. ``memory`` is the
    number of samples until the weight of the past is 1 %, if that exceeds ``settling``. ``report``
    is a method that returns numbers by name, for the user. ``newest_rejected`` is the index of the
    newest sample that it rejects; windows with that sample are not decoded. ``interpolated`` are
    the names of channels that it computes from others.
    """

    decimation: int
    settling: int
    """Samples at the input rate until a transient has decayed to 1 %."""

    def reset(self) -> None:
        """Discard the state; call it after a gap."""

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        """Filter consecutive samples (n_samples, n_channels); ``data`` may be overwritten.

        ``first`` is the absolute index of the first sample. Returns the output (n_out,
        n_out_channels) and the absolute index of its first sample, at the output rate.
        """

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return the complex gain (n_freqs,) at the frequencies ``freqs_hz`` (n_freqs,)."""


def bandpass(low_hz: float, high_hz: float, sfreq: float, order: int = 4) -> Sos:
    """Design a causal Butterworth band-pass.

    Parameters
    ----------
    low_hz, high_hz : float
        Corner frequencies at -3 dB; 0 < low < high < sfreq / 2.
    sfreq : float
        Sampling rate in hertz.
    order : int
        Order of the low-pass prototype; the band-pass has twice that.

    Returns
    -------
    sos : ndarray, shape (n_sections, 6)
        Second-order sections, as in scipy.

    Raises
    ------
    ValueError
        If a corner is outside (0, sfreq / 2); the message names it.
    """
    _inside_nyquist("low_hz", low_hz, sfreq)
    _inside_nyquist("high_hz", high_hz, sfreq)
    return np.asarray(signal.butter(order, [low_hz, high_hz], "bandpass", fs=sfreq, output="sos"))


def notch(freq_hz: float, sfreq: float, q: float = 30.0, harmonics: int = 1) -> Sos:
    """Design second-order notches of equal width at a frequency and its multiples.

    ``q`` is the quality (centre / -3 dB width) of the first notch. ``harmonics`` counts the
    multiples, including the first; those at or above half the sampling rate are left out.

    Raises
    ------
    ValueError
        If the frequency is outside (0, sfreq / 2).
    """
    _inside_nyquist("freq_hz", freq_hz, sfreq)
    orders = [n for n in range(1, harmonics + 1) if n * freq_hz < sfreq / 2]
    return np.vstack(
        [signal.tf2sos(*signal.iirnotch(n * freq_hz, n * q, fs=sfreq)) for n in orders]
    )


def highpass(cutoff_hz: float, sfreq: float) -> Sos:
    """Design a first-order high-pass, the cheapest filter against offset and drift.

    Raises
    ------
    ValueError
        If the cut-off is outside (0, sfreq / 2).
    """
    _inside_nyquist("cutoff_hz", cutoff_hz, sfreq)
    return np.asarray(signal.butter(1, cutoff_hz, "highpass", fs=sfreq, output="sos"))


def anti_alias(factor: int) -> Sos:
    """Design the low-pass before decimation by ``factor``.

    Chebyshev type I, order 8, 0.05 dB ripple, corner at 0.8 of the new Nyquist frequency.
    """
    return np.asarray(signal.cheby1(8, 0.05, 0.8 / factor, output="sos"))


def _inside_nyquist(name: str, freq_hz: float, sfreq: float) -> None:
    if not 0 < freq_hz < sfreq / 2:
        raise ValueError(
            f"{name} = {freq_hz:g} Hz must lie between 0 and half the sampling rate "
            f"({sfreq / 2:g} Hz)"
        )


class SosFilter:
    """A cascade of second-order sections.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6)
        Second-order sections, as in scipy.
    n_channels : int
        Number of channels.
    sfreq : float
        Sampling rate of the input in hertz.
    start_steady : bool
        Start in the steady state of the first sample, so that an electrode's offset causes no
        transient. False starts from zero, as scipy's ``sosfilt`` does.
    """

    decimation = 1

    def __init__(self, sos: Sos, n_channels: int, sfreq: float, start_steady: bool = True) -> None:
        self.sos = np.ascontiguousarray(sos, dtype=np.float64)
        self.sfreq = sfreq
        self.settling = _settling(self.sos)
        gains = self.sos[:, 0]
        self._gain = float(np.prod(gains))
        monic = np.column_stack([self.sos[:, :3] / gains[:, None], self.sos[:, 3:]])
        self._sections = np.ascontiguousarray(monic[:, [1, 2, 4, 5]])
        self._steady = signal.sosfilt_zi(monic) * self._gain
        self._state = np.zeros((len(self.sos), 2, n_channels))
        self._start_steady = start_steady
        self._fresh = start_steady
        self._age = 0

    def reset(self) -> None:
        self._state[:] = 0.0
        self._fresh = self._start_steady
        self._age = 0

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        if len(data):
            if self._fresh:
                self._state[:] = self._steady[:, :, None] * data[0].astype(np.float64)
                self._fresh = False
            kernels.sosfilt(data, self._gain, self._sections, self._state, self._age)
            self._age += len(data)
        return data, first

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.asarray(signal.freqz_sos(self.sos, freqs_hz, fs=self.sfreq)[1])


class CommonAverageReference:
    """Stage that subtracts the mean of each group of channels from its members.

    Parameters
    ----------
    groups : list of ndarray of int64
        Channel indices of each group; other channels stay unchanged. None: all are one group.
    remarks : tuple of str
        Sentences for the user.
    """

    decimation = 1
    settling = 0

    def __init__(
        self, groups: list[NDArray[np.int64]] | None = None, remarks: tuple[str, ...] = ()
    ) -> None:
        self._groups = groups
        self.remarks = remarks

    def reset(self) -> None:
        """Do nothing: the stage has no state."""

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        if self._groups is None:
            kernels.common_average(data)
        else:
            for members in self._groups:
                kernels.common_average_of(data, members)
        return data, first

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.ones(len(freqs_hz), dtype=np.complex128)


class BipolarReference:
    """Stage that replaces the channels by differences of pairs.

    Parameters
    ----------
    pairs : sequence of (anode, cathode)
        Channel indices of each pair.
    channels : tuple of Channel, optional
        Output channels, one per pair.
    """

    decimation = 1
    settling = 0

    def __init__(
        self, pairs: list[tuple[int, int]], channels: tuple[Channel, ...] | None = None
    ) -> None:
        self.channels = channels
        self._anodes = np.array([anode for anode, _ in pairs])
        self._cathodes = np.array([cathode for _, cathode in pairs])

    def reset(self) -> None:
        """Do nothing: the stage has no state."""

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        return data[:, self._anodes] - data[:, self._cathodes], first

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.ones(len(freqs_hz), dtype=np.complex128)


class Decimator:
    """Anti-alias low-pass, then selection of every ``factor``-th sample.

    Samples whose index ``factor`` divides are selected.
    """

    def __init__(self, factor: int, n_channels: int, sfreq: float) -> None:
        self.decimation = factor
        self._low_pass = SosFilter(anti_alias(factor), n_channels, sfreq)
        self.settling = self._low_pass.settling

    def reset(self) -> None:
        self._low_pass.reset()

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        data, first = self._low_pass.process(data, first)
        kept = np.ascontiguousarray(data[-first % self.decimation :: self.decimation])
        return kept, -(-first // self.decimation)

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return self._low_pass.response(freqs_hz)


class RunningStandardize:
    """Running z-score with exponential forgetting.

    Parameters
    ----------
    time_constant_s : float
        Time until a sample's weight falls to 1/e, in seconds.
    """

    decimation = 1

    def __init__(self, time_constant_s: float, n_channels: int, sfreq: float) -> None:
        self.settling = round(time_constant_s * sfreq)
        self._weight = 1.0 - np.exp(-1.0 / (time_constant_s * sfreq))
        self._mean = np.zeros(n_channels)
        self._variance = np.zeros(n_channels)
        self._fresh = True

    def reset(self) -> None:
        self._fresh = True

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        if len(data):
            if self._fresh:
                self._mean[:] = data[0]
                self._variance[:] = 0.0
                self._fresh = False
            # The floor is below the square of any float32 value, so it only prevents 0 / 0.
            kernels.standardize(data, self._mean, self._variance, self._weight, 1e-60)
        return data, first

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.ones(len(freqs_hz), dtype=np.complex128)


def _settling(sos: Sos) -> int:
    radius = max(np.abs(np.roots(section[3:])).max() for section in sos)
    return int(np.ceil(np.log(_SETTLED) / np.log(radius))) if radius > 0 else 0
