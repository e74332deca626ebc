"""Track the frequency and amplitude of power-line noise, and subtract it.

For each channel and harmonic, an LMS rule tracks the amplitudes of a cosine and a sine. At a
constant frequency that is a notch (Glover, IEEE Trans. ASSP 25 (1977) 484-491). Here the frequency
follows the line: a frequency error turns the amplitudes of all channels in one direction. An offset
makes amplitudes swing at the line's frequency, so those that turn are of the signal's differences.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from bci.pipeline.cleaning import kernels
from bci.signals import FloatArray

_FOLLOW_EVERY_S = 0.25
# The frequency is tracked slower than the amplitudes by this factor; otherwise both oscillate.
_SLOWER = 4.0
_TINY = 1e-30


class LineCanceller:
    """Stage that subtracts power-line noise and its harmonics.

    Parameters
    ----------
    freq_hz : float
        Nominal frequency, at which the tracking starts.
    follow_hz : float
        Largest deviation of the tracked from the nominal frequency.
    harmonics : int
        Number of multiples of the frequency, including the first. Multiples at or above half the
        sampling rate are left out.
    width_hz : float
        -3 dB width of each notch.
    n_channels : int
        Number of channels.
    sfreq : float
        Sampling rate in hertz.
    """

    decimation = 1

    def __init__(
        self,
        freq_hz: float,
        follow_hz: float,
        harmonics: int,
        width_hz: float,
        n_channels: int,
        sfreq: float,
    ) -> None:
        if not freq_hz + follow_hz < sfreq / 2:
            raise ValueError(
                f"freq_hz = {freq_hz:g} Hz must lie below half the sampling rate ({sfreq / 2:g} Hz)"
            )
        n_harmonics = sum(n * (freq_hz + follow_hz) < sfreq / 2 for n in range(1, harmonics + 1))
        self._sfreq, self._width_hz = sfreq, width_hz
        self._nominal, self._follow_hz = freq_hz, follow_hz
        # From the pole of the closed loop: a transient decays to 1 % within this many samples.
        self.settling = int(np.ceil(np.log(100) / (np.pi * width_hz) * sfreq))
        self._gain = 2 * np.pi * width_hz / sfreq
        self._every = max(1, round(_FOLLOW_EVERY_S * sfreq))
        self.memory = round(_SLOWER * self.settling)
        self._turn = min(1.0, self._every / sfreq * np.pi * width_hz / _SLOWER)
        self._amplitudes = np.zeros((n_harmonics, 2, n_channels))
        # Of the differences of samples: now, and when the frequency was last followed.
        self._steps, self._steps_before = np.zeros((2, n_channels)), np.zeros((2, n_channels))
        self._newest = np.zeros(n_channels)
        self._phase = np.zeros(1)
        self.reset()

    @property
    def freq_hz(self) -> float:
        """Present frequency of the line, in hertz."""
        return self._freq_hz

    def report(self) -> dict[str, float]:
        """Frequency of the line, and its largest amplitude in any channel."""
        gain = 2 * np.sin(np.pi * self._freq_hz / self._sfreq)
        size = np.hypot(self._steps[0], self._steps[1]).max() / gain
        return {"frequency (Hz)": round(self._freq_hz, 4), "largest amplitude": float(size)}

    def reset(self) -> None:
        self._amplitudes[:] = self._steps[:] = self._steps_before[:] = 0.0
        self._phase[:] = 0.0
        self._freq_hz = self._nominal
        self._age = 0

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        row = 0
        if not self._age and len(data):
            self._newest[:] = data[0]
        while row < len(data):
            n = min(len(data) - row, self._every - self._age % self._every)
            step = 2 * np.pi * self._freq_hz / self._sfreq
            kernels.cancel(
                data[row : row + n], self._phase, step, self._gain, self._amplitudes, self._newest,
                self._steps,
            )  # fmt: skip
            row += n
            self._age += n
            if self._age % self._every == 0:
                self._follow()
        return data, first

    def _follow(self) -> None:
        for each in (self._amplitudes, self._steps):
            each[np.abs(each) < _TINY] = 0.0
        (cosine, sine), (cosine_0, sine_0) = self._steps, self._steps_before
        along = float(np.sum(cosine * cosine_0 + sine * sine_0))
        across = float(np.sum(cosine * sine_0 - sine * cosine_0))
        turned = np.arctan2(across, along) if along or across else 0.0
        error_hz = turned / (2 * np.pi) * self._sfreq / self._every
        low, high = self._nominal - self._follow_hz, self._nominal + self._follow_hz
        self._freq_hz = float(np.clip(self._freq_hz + self._turn * error_hz, low, high))
        self._steps_before[:] = self._steps

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        gain = np.ones(len(freqs_hz), dtype=np.complex128)
        for n in range(1, len(self._amplitudes) + 1):
            notch = signal.iirnotch(
                n * self._nominal, n * self._nominal / self._width_hz, fs=self._sfreq
            )
            gain *= signal.freqz(*notch, freqs_hz, fs=self._sfreq)[1]
        return gain
