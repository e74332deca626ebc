"""Resample a stream causally by a rational factor, chunk by chunk.

It is a polyphase filter (Crochiere and Rabiner, Multirate Digital Signal Processing, 1983) with the
design of `scipy.signal.resample_poly` and linear phase.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from bci.errors import MismatchError
from bci.pipeline import kernels
from bci.signals import Chunk

# Zero crossings of the filter's impulse response on each side, as in scipy.
_CROSSINGS = 10
_KAISER_BETA = 5.0
# The largest factor up or down, and the largest relative error of the resulting rate.
_LARGEST_FACTOR = 1000
_RATE_ERROR = 1e-5


class Resampler:
    """Resampler of chunks from the rate ``sfreq`` to the rate ``wanted``, in hertz.

    The time stamp of an output sample is its place on the time axis of the input, and it depends
    on no later input. The filter delays the signal by ``delay_s`` seconds. The output does not
    depend on the division into chunks. After a gap, the output has a gap too, until the filter is
    full of new samples. A value that is not finite affects outputs within the filter's length only.

    Raises `MismatchError` if the ratio of the rates is no fraction of numbers up to 1000.
    """

    def __init__(self, sfreq: float, wanted: float, n_channels: int) -> None:
        ratio = Fraction(wanted / sfreq).limit_denominator(_LARGEST_FACTOR)
        self._up, self._down = ratio.numerator, ratio.denominator
        off = abs(float(ratio) * sfreq / wanted - 1.0)
        if not 1 <= self._up <= _LARGEST_FACTOR or off > _RATE_ERROR:
            raise MismatchError(
                f"{sfreq:g} Hz cannot be resampled to {wanted:g} Hz: their ratio is no fraction of "
                f"numbers up to {_LARGEST_FACTOR}"
            )
        self._sfreq = sfreq
        half = _CROSSINGS * max(self._up, self._down)
        self.delay_s = half / (self._up * sfreq)
        self._phases = _phases(half, self._up, self._down)
        n_before = self._phases.shape[1] - 1
        self._buffer = np.zeros((n_before, n_channels), dtype=np.float32)
        self._sum = np.zeros(n_channels)
        self._n_before = n_before
        self._expected: int | None = None
        self._next = 0

    def inputs_for(self, n_outputs: int) -> int:
        """Return the input samples missing until ``n_outputs`` are complete; at least 1."""
        newest = (self._next + n_outputs - 1) * self._down // self._up
        return max(1, newest + 1 - (self._expected or 0))

    def push(self, chunk: Chunk) -> Chunk:
        """Process samples; return the outputs that they complete, possibly none.

        Their data are valid until the next call.
        """
        if chunk.first != self._expected:
            self._restart(chunk.first)
        self._expected = chunk.end
        n, before = len(chunk.data), self._n_before
        if len(self._buffer) < before + n:
            longer = np.zeros((before + n, self._buffer.shape[1]), dtype=np.float32)
            longer[:before] = self._buffer[:before]
            self._buffer = longer
        kernels.take_measured(chunk.data, self._buffer[before : before + n])
        stop = max(self._next, (chunk.end * self._up - 1) // self._down + 1)
        numbers = np.arange(self._next, stop)
        out = np.empty((len(numbers), self._buffer.shape[1]), dtype=np.float32)
        kernels.resample(
            self._buffer, chunk.first - before, self._next, self._up, self._down,
            self._phases, self._sum, out,
        )  # fmt: skip
        self._buffer[:before] = self._buffer[n : n + before].copy()
        rows, phases = np.divmod(numbers * self._down, self._up)
        times = chunk.timestamps[rows - chunk.first] + phases / (self._up * self._sfreq)
        made = replace(chunk, data=out, timestamps=times, first=self._next)
        self._next = stop
        return made

    def _restart(self, first: int) -> None:
        """Restart at the first output for which the filter is full, leaving a gap."""
        full = -(-(first + self._n_before) * self._up // self._down)
        self._next = full if self._expected is None else max(full, self._next + 1)


def _phases(half: int, up: int, down: int) -> NDArray[np.float64]:
    taps = up * signal.firwin(2 * half + 1, 1.0 / max(up, down), window=("kaiser", _KAISER_BETA))
    n_inputs = -(-len(taps) // up)
    padded = np.zeros(n_inputs * up)
    padded[: len(taps)] = taps
    return np.ascontiguousarray(padded.reshape(n_inputs, up).T)
