"""Parts of a simulated signal; each generates its next samples without end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

Array = NDArray[np.float64]

_LOWEST_HZ = 0.4


class Pink:
    """Noise sources with a 1/f power spectrum and unit rms.

    Each is a sum of first-order processes of equal power, whose corner frequencies are two octaves
    apart.
    """

    def __init__(self, n_sources: int, sfreq: float, rng: np.random.Generator) -> None:
        corners = _LOWEST_HZ * 4.0 ** np.arange(8)
        corners = corners[corners < sfreq / 4]
        self._poles = np.exp(-2 * np.pi * corners / sfreq)
        self._share = 1.0 / np.sqrt(len(corners))
        self._rng = rng
        self._last = [rng.normal(size=n_sources) for _ in corners]

    def next(self, n: int) -> Array:
        """Generate the next ``n`` samples, (n, n_sources)."""
        total = np.zeros((n, len(self._last[0])))
        for i, pole in enumerate(self._poles):
            noise = np.sqrt(1 - pole**2) * self._rng.standard_normal(total.shape)
            course, _ = lfilter([1.0], [1.0, -pole], noise, axis=0, zi=pole * self._last[i][None])
            self._last[i] = course[-1]
            total += course
        return np.asarray(self._share * total)


class Rhythms:
    """Rhythms of varying amplitude and unit rms: each is noise around one frequency.

    Rhythms of the same frequency and width are filtered together, to save time.
    """

    def __init__(
        self, rhythms: Sequence[tuple[float, float]], sfreq: float, rng: np.random.Generator
    ) -> None:
        self._rng = rng
        self._sfreq = sfreq
        self._n = len(rhythms)
        alike: dict[tuple[float, float], list[int]] = {}
        for i, rhythm in enumerate(rhythms):
            alike.setdefault(rhythm, []).append(i)
        self._filters = [
            (np.array(rows), *self._designed(*rhythm)) for rhythm, rows in alike.items()
        ]
        self._states = [np.zeros((len(sos), len(rows), 2)) for rows, sos, _ in self._filters]
        # Each filter settles for a time that depends on the width of its rhythm.
        swing_in = [rng.standard_normal(round(4 * sfreq / width)) for _, width in rhythms]
        for k, (rows, _, _) in enumerate(self._filters):
            self._filtered(k, np.stack([swing_in[row] for row in rows]))

    def next(self, n: int) -> Array:
        """Generate the next ``n`` samples, (n_rhythms, n)."""
        courses = self._rng.standard_normal((self._n, n))
        for k, (rows, _, _) in enumerate(self._filters):
            courses[rows] = self._filtered(k, courses[rows])
        return courses

    def _designed(self, hz: float, width_hz: float) -> tuple[Array, float]:
        high = min(hz + width_hz, 0.49 * self._sfreq)
        low = max(hz - width_hz, 0.1)
        sos = butter(2, [low, high], "bandpass", fs=self._sfreq, output="sos")
        ringing = sosfilt(sos, np.eye(1, round(20 * self._sfreq / width_hz))[0])
        return sos, 1.0 / np.sqrt(np.sum(ringing**2))

    def _filtered(self, k: int, noise: Array) -> Array:
        _, sos, gain = self._filters[k]
        course, self._states[k] = sosfilt(sos, noise * gain, zi=self._states[k])
        return np.asarray(course)


class Blinks:
    """Pulses of 0.35 s at random times, with about unit height."""

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
        """Generate the next ``n`` samples, (n,)."""
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
    """Compute a source's strength at each place, (n,): 1 at the nearest, less with distance."""
    distance = np.linalg.norm(places - source, axis=1)
    weights = np.exp(-0.5 * (distance / width_m) ** 2)
    return np.asarray(weights / weights.max())
