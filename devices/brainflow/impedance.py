"""Electrode impedances from the lead-off signal of OpenBCI's boards."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.signals import Chunk, FloatArray

# The ADS1299's lead-off current and its frequency, and the Cyton's resistor before each electrode.
_LEAD_OFF_A = 6e-9
_LEAD_OFF_HZ = 31.2
_SERIES_OHM = 2200.0


def impedance_kohm(data_uv: NDArray[np.floating[Any]], sfreq: float) -> NDArray[np.float64]:
    """Compute electrode impedances from the lead-off signal of a Cyton.

    The board drives 6 nA through each electrode at 31.2 Hz. The impedance is the amplitude of the
    voltage at this frequency, divided by the current, minus the board's resistor of 2.2 kOhm. The
    OpenBCI GUI (``DataProcessing.pde``) uses sqrt(2) times the standard deviation as the amplitude.
    Here it is the amplitude at 31.2 Hz alone, which excludes power-line noise and most EEG.

    Parameters
    ----------
    data_uv : ndarray, shape (n_samples, n_channels)
        At least one second, in microvolts.
    sfreq : float
        Sampling rate in hertz; above 62.4.

    Returns
    -------
    impedances : ndarray, shape (n_channels,)
        In kiloohms; not below 0.
    """
    data = np.asarray(data_uv, dtype=np.float64)
    window = np.hanning(len(data) + 2)[1:-1]
    carrier = window * np.exp(-2j * np.pi * _LEAD_OFF_HZ / sfreq * np.arange(len(data)))
    amplitude_uv = 2.0 * np.abs(carrier @ (data - data.mean(axis=0))) / window.sum()
    ohm = amplitude_uv * 1e-6 / _LEAD_OFF_A - _SERIES_OHM
    return np.asarray(np.maximum(ohm, 0.0) / 1000.0)


class ImpedanceMeter:
    """Compute impedances once per second from EEG without gaps."""

    def __init__(self, sfreq: float) -> None:
        self._sfreq = sfreq
        self._n = round(sfreq)
        self._parts: list[FloatArray] = []
        self._first = 0

    def push(self, chunk: Chunk) -> list[Chunk]:
        """Process samples; return one chunk of one row per completed second, in kiloohms."""
        held = sum(len(part) for part in self._parts)
        if chunk.first != self._first + held:
            self._parts, self._first, held = [], chunk.first, 0
        self._parts.append(chunk.data)
        measured = []
        while held + len(chunk.data) >= self._n:
            data = np.concatenate(self._parts)
            values = impedance_kohm(data[: self._n], self._sfreq).astype(np.float32)
            second = self._first // self._n
            at = chunk.timestamps[self._n - held - 1 : self._n - held]
            measured.append(Chunk(values[None], at.copy(), second, chunk.arrived))
            self._first += self._n
            self._parts = [data[self._n :]]
            held -= self._n
        return measured
