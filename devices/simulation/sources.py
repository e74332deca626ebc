"""What a simulated signal is added up from; each gives its next samples, for ever."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

Array = NDArray[np.float64]

_LOWEST_HZ = 0.4


class Pink:
    """Sources of noise with a 1/f power spectrum, of unit rms.

    A sum of first-order processes of equal power whose corners are two octaves apart.
    """

    def __init__(self, n_sources: int, sfreq: float, rng: np.random.Generator) -> None:
        corners = _LOWEST_HZ * 4.0 ** np.arange(8)
        corners = corners[corners < sfreq / 4]
        self._poles = np.exp(-2 * np.pi * corners / sfreq)
        self._share = 1.0 / np.sqrt(len(corners))
        self._rng = rng
        self._last = [rng.normal(size=n_sources) for _ in corners]

    def next(self, n: int) -> Array:
        """The next samples, (n, n_sources)."""
        total = np.zeros((n, len(self._last[0])))
        for i, pole in enumerate(self._poles):
            noise = np.sqrt(1 - pole**2) * self._rng.standard_normal(total.shape)
            course, _ = lfilter([1.0], [1.0, -pole], noise, axis=0, zi=pole * self._last[i][None])
            self._last[i] = course[-1]
            total += course
        return np.asarray(self._share * total)


class Rhythm:
    """A rhythm that waxes and wanes: noise around one frequency, of unit rms."""

    def __init__(self, hz: float, width_hz: float, sfreq: float, rng: np.random.Generator) -> None:
        high = min(hz + width_hz, 0.49 * sfreq)
        self._sos = butter(2, [max(hz - width_hz, 0.1), high], "bandpass", fs=sfreq, output="sos")
        ringing = sosfilt(self._sos, np.eye(1, round(20 * sfreq / width_hz))[0])
        self._gain = 1.0 / np.sqrt(np.sum(ringing**2))
        self._rng = rng
        self._state = np.zeros((len(self._sos), 2))
        self.next(round(4 * sfreq / width_hz))

    def next(self, n: int) -> Array:
        """The next samples, (n,)."""
        course, self._state = sosfilt(
            self._sos, self._rng.standard_normal(n) * self._gain, zi=self._state
        )
        return np.asarray(course)


class Blinks:
    """Pulses of a third of a second at random times, of about unit height."""

    _LENGTH_S = 0.35
    _LEAST_PAUSE_S = 0.8

    def __init__(self, per_min: float, sfreq: float, rng: np.random.Generator) -> None:
        self._pause_s = 60.0 / per_min - self._LEAST_PAUSE_S
        self._sfreq = sfreq
        self._rng = rng
        self._shape = np.hanning(round(self._LENGTH_S * sfreq))
        self._rest = np.zeros(len(self._shape))
        self._wait = self._draw_wait()

    def next(self, n: int) -> Array:
        """The next samples, (n,)."""
        course = np.zeros(n + len(self._shape))
        course[: len(self._rest)] += self._rest
        while self._wait < n:
            at = self._wait
            course[at : at + len(self._shape)] += self._rng.uniform(0.7, 1.3) * self._shape
            self._wait += self._draw_wait()
        self._wait -= n
        self._rest = course[n:]
        return course[:n]

    def _draw_wait(self) -> int:
        wait_s = self._LEAST_PAUSE_S + self._rng.exponential(self._pause_s)
        return round(wait_s * self._sfreq)


def spread(places: Array, source: Array, width_m: float = 0.04) -> Array:
    """How strongly a source shows at each place: 1 at the nearest, falling with distance."""
    distance = np.linalg.norm(places - source, axis=1)
    weights = np.exp(-0.5 * (distance / width_m) ** 2)
    return np.asarray(weights / weights.max())
