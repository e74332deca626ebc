"""Spectra of a live signal, a quarter of a second apart, and the power of their bands."""

from math import ceil, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import find_peaks

from bci.pipeline.ring import RingBuffer
from bci.signals import StreamInfo

Values = NDArray[np.float64]

LOW_HZ, HIGH_HZ = 1.0, 60.0
# Up to where a spectrum can be shown; the last is half the stream's rate.
LIMITS_HZ = (HIGH_HZ, 150.0, 300.0, inf)
# So many values of a periodogram are kept for all channels together; a band for each channel at
# least. With more, neighbouring frequencies are taken together.
_MAX_VALUES, _MIN_BINS = 40_000, 120
SPAN_S, STEP_S, SEGMENT_S = 30.0, 0.25, 2.0
# Welch's mean: over so many segments, that is, over the last six seconds.
_AVERAGED = 17
# So many segments are computed before anything is shown of them and a request to stop is seen.
_MAX_AT_ONCE = 8
# A peak is looked for below the power line, and where the fit of what surrounds it holds.
_PEAK_HZ = (3.0, 45.0)
# Three in a thousand spectra of white noise have such a peak by chance.
_MIN_PEAK_DB = 5.5
# A hump falls by so much on both sides; a slope does not.
_MIN_FALL_DB = 3.0


class Band(NamedTuple):
    """From ``low`` to ``high``, in hertz."""

    name: str
    low: float
    high: float


# Gamma ends below the power line.
BANDS = (
    Band("delta", 1.0, 4.0),
    Band("theta", 4.0, 8.0),
    Band("alpha", 8.0, 13.0),
    Band("beta", 13.0, 30.0),
    Band("gamma", 30.0, 45.0),
)
ALPHA, BETA = BANDS[2], BANDS[3]


class Peak(NamedTuple):
    """The most prominent hump of a spectrum, and its height above its surroundings."""

    hz: float
    above_db: float


class Spectra:
    """Periodograms (Hann, 2 s, without their linear trend) of what is written to a ring.

    A segment ends at every whole quarter of a second, counted from the stream's first sample.
    One that holds a lost sample is NaN.
    """

    def __init__(self, info: StreamInfo, ring: RingBuffer, limit_hz: float = HIGH_HZ) -> None:
        self.ring = ring
        self.limit_hz = limit_hz
        self._step = max(1, round(STEP_S * info.sfreq))
        self._length = max(4, round(SEGMENT_S * info.sfreq))
        freqs = np.fft.rfftfreq(self._length, 1 / info.sfreq)
        self._kept = (freqs >= LOW_HZ) & (freqs <= min(limit_hz, info.sfreq / 2))
        n_kept = int(self._kept.sum())
        n_bins = max(_MIN_BINS, _MAX_VALUES // info.n_channels)
        self._starts = np.arange(0, n_kept, ceil(n_kept / n_bins))
        self._together = np.diff(self._starts, append=n_kept)
        self.freqs: Values = self._means(freqs[self._kept].astype(np.float64)[:, None])[:, 0]
        window = np.hanning(self._length + 1)[:-1]
        self._window = window[:, None].astype(np.float32)
        self._scale = 2 / (info.sfreq * float(np.sum(window**2)))
        self._ramp = np.linspace(-1, 1, self._length, dtype=np.float32)[:, None]
        self._n_kept = round(SPAN_S / STEP_S)
        shape = (self._n_kept, len(self.freqs), info.n_channels)
        self._segments = np.full(shape, np.nan, dtype=np.float32)
        self._next = 0

    def take(self) -> bool:
        """Compute at most eight of the new segments; return whether there were any."""
        complete = self.ring.end // self._step
        first = max(
            self._next,
            complete - self._n_kept + 1,
            ceil((self.ring.oldest + self._length) / self._step),
        )
        if first > complete:
            return False
        # What was overwritten before it could be computed stays unknown.
        for number in range(max(self._next, first - self._n_kept), first):
            self._segments[number % self._n_kept] = np.nan
        self._next = min(first + _MAX_AT_ONCE, complete + 1)
        for number in range(first, self._next):
            self._segments[number % self._n_kept] = self._periodogram(number * self._step)
        return True

    @property
    def is_begun(self) -> bool:
        """True once a segment was completed."""
        return self._next > 0

    def density(self) -> Values:
        """Welch's power spectral density, (n_freqs, n_channels), unit squared a hertz."""
        recent = self._segments[self._order[-_AVERAGED:]]
        known = np.isfinite(recent)
        with np.errstate(invalid="ignore"):
            mean: Values = np.where(known, recent, 0).sum(axis=0, dtype=np.float64)
            mean /= known.sum(axis=0)
        return mean

    def history(self, channel: int) -> Values:
        """The last half minute of one channel, (n_segments, n_freqs), oldest first."""
        return self._segments[self._order, :, channel].astype(np.float64)

    @property
    def _order(self) -> NDArray[np.int64]:
        return np.arange(self._next - self._n_kept, self._next) % self._n_kept

    def _means(self, values: Values) -> Values:
        """Means, (n_freqs, n_channels), over the frequencies that are taken together."""
        if len(values) == len(self._starts):
            return values
        sums: Values = np.add.reduceat(values, self._starts, axis=0)
        return sums / self._together[:, None]

    def _periodogram(self, stop: int) -> NDArray[np.float32]:
        start = stop - self._length
        try:
            segment, _ = self.ring.view(start, stop)
        except IndexError:
            return np.full(self._segments.shape[1:], np.nan, dtype=np.float32)
        ramp = self._ramp
        with np.errstate(invalid="ignore", over="ignore"):
            level = segment - segment.mean(axis=0, dtype=np.float64).astype(np.float32)
            level -= ramp * ((ramp * level).sum(axis=0) / (ramp * ramp).sum())
            amplitude = np.abs(rfft(level * self._window, axis=0)[self._kept]).astype(np.float64)
            power = self._means(amplitude**2 * self._scale).astype(np.float32)
        if not self.ring.still_holds(start):
            power[:] = np.nan
        return power


def decibels(power: Values) -> Values:
    """Ten times the decimal logarithm; NaN where there is no power."""
    with np.errstate(divide="ignore", invalid="ignore"):
        db: Values = 10 * np.log10(np.where(power > 0, power, np.nan))
    return db


def band_power(density: Values, freqs: Values, band: Band) -> Values:
    """Power within a band, (n_channels,), unit squared."""
    inside = (freqs >= band.low) & (freqs < band.high)
    power: Values = density[inside].sum(axis=0) * (freqs[1] - freqs[0])
    return power


def find_peak(density_db: Values, freqs: Values) -> Peak | None:
    """Find the most prominent hump of a spectrum, (n_freqs,), over a 1/f fit; None without one.

    A rhythm is a hump on a background that falls with frequency: the largest value itself is
    nearly always the lowest frequency.
    """
    inside = np.isfinite(density_db) & (freqs >= _PEAK_HZ[0]) & (freqs <= _PEAK_HZ[1])
    if inside.sum() < 8:
        return None
    octaves, db = np.log2(freqs[inside]), density_db[inside]
    above = db - np.polyval(np.polyfit(octaves, db, 1), octaves)
    # Once more without the humps, which lift the fit.
    flat = above <= np.median(above)
    above = db - np.polyval(np.polyfit(octaves[flat], db[flat], 1), octaves)
    # A rhythm is broader than one step of the frequency; chance is not.
    above = np.convolve(
        np.pad(above - np.median(above), 1, mode="edge"), [0.25, 0.5, 0.25], "valid"
    )
    humps, _ = find_peaks(above, height=_MIN_PEAK_DB, prominence=_MIN_FALL_DB)
    if not len(humps):
        return None
    best = int(humps[np.argmax(above[humps])])
    hz = float(freqs[inside][best])
    if 0 < best < len(db) - 1:
        before, at, after = db[best - 1 : best + 2]
        bend = before - 2 * at + after
        if bend < 0:
            # The tip of the parabola through the three.
            hz += 0.5 * float((before - after) / bend) * float(freqs[1] - freqs[0])
    return Peak(hz, float(above[best]))
