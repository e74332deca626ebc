"""A simulated photodiode that detects the stimulus of each marker after a known delay."""

from collections import deque

import numpy as np

from bci.signals import FloatArray, Marker, TimeArray

_DARK, _BRIGHT, _NOISE = 120.0, 2120.0, 8.0
# Flashes are discarded this long after their end, in seconds.
_KEPT_S = 5.0


class SimulatedDiode:
    """Measured light of a patch that flashes once per marker.

    A sample is the mean light of its sampling period, as after an anti-aliasing filter, plus white
    noise.
    """

    def __init__(
        self,
        delay_s: float,  # Mean delay from a marker to its light, in seconds
        jitter_s: float,  # Standard deviation of the delays, in seconds
        rng: np.random.Generator,
        lit_s: float = 0.1,  # Length of a flash, in seconds
    ) -> None:
        self._delay_s = delay_s
        self._jitter_s = jitter_s
        self._rng = rng
        self._lit_s = lit_s
        self._flashes: deque[float] = deque()
        self.delays: list[float] = []
        """The delay of each flash so far, in seconds."""

    def receive(self, marker: Marker) -> None:
        """Flash for a marker, whose time is on the clock of `measure`."""
        delay = self._delay_s + self._jitter_s * float(self._rng.standard_normal())
        self.delays.append(delay)
        self._flashes.append(marker.time + delay)

    def measure(self, times: TimeArray, period_s: float) -> FloatArray:
        """Measure the light at ascending ``times``, which are the middles of samples, (n_samples,).

        They are in seconds on the clock of the markers; ``period_s`` is the sampling period.
        """
        lit = np.zeros(len(times))
        for begin in self._flashes:
            end = begin + self._lit_s
            first, last = np.searchsorted(times, (begin - period_s, end + period_s))
            near = times[first:last]
            from_s = np.maximum(near - period_s / 2, begin)
            to_s = np.minimum(near + period_s / 2, end)
            lit[first:last] += np.clip(to_s - from_s, 0.0, None) / period_s
        while self._flashes and self._flashes[0] + self._lit_s + _KEPT_S < times[0]:
            self._flashes.popleft()
        noise = _NOISE * self._rng.standard_normal(len(times))
        values = _DARK + (_BRIGHT - _DARK) * np.minimum(lit, 1.0) + noise
        return np.asarray(values, dtype=np.float32)
