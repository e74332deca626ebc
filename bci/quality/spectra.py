"""Spectra of a live signal, one per quarter of a second, and their band powers."""

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
# Choices of the highest frequency in a plot; the last one means half the stream's rate.
LIMITS_HZ = (HIGH_HZ, 150.0, 300.0, inf)
# Limit of stored values per periodogram, for all channels together, and least number per channel.
# Beyond the limit, neighbouring frequencies are averaged.
_MAX_VALUES, _MIN_BINS = 40_000, 120
SPAN_S, STEP_S, SEGMENT_S = 30.0, 0.25, 2.0
# Number of segments in Welch's mean, which are the last six seconds.
_AVERAGED = 17
# Limit of segments per call, so that they are shown soon and a request to stop is not delayed.
_MAX_AT_ONCE = 8
# Range of the search for a peak: below the power line, and where the 1/f fit is valid.
_PEAK_HZ = (3.0, 45.0)
# Least height of a peak; three in a thousand spectra of white noise have one by chance.
_MIN_PEAK_DB = 5.5
# Least fall on both sides of a peak, to distinguish it from a slope.
_MIN_FALL_DB = 3.0


class Band(NamedTuple):
    """Frequency band from ``low`` to ``high``, in hertz."""

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
    """The most prominent peak of a spectrum, and its height above the 1/f background."""

    hz: float
    above_db: float


class Spectra:
    """Periodograms (Hann taper, 2 s, linear trend removed) of the samples in a ring buffer.

    A segment ends at every quarter of a second, counted from the stream's first sample. The
    periodogram of a segment with a lost sample is NaN.
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
        # Segments that were overwritten before they were computed stay NaN.
        for number in range(max(self._next, first - self._n_kept), first):
            self._segments[number % self._n_kept] = np.nan
        self._next = min(first + _MAX_AT_ONCE, complete + 1)
        for number in range(first, self._next):
            self._segments[number % self._n_kept] = self._periodogram(number * self._step)
        return True

    @property
    def is_begun(self) -> bool:
        """True after the first complete segment."""
        return self._next > 0

    def density(self) -> Values:
        """Welch's power spectral density, (n_freqs, n_channels), in unit squared per hertz."""
        recent = self._segments[self._order[-_AVERAGED:]]
        known = np.isfinite(recent)
        with np.errstate(invalid="ignore"):
            mean: Values = np.where(known, recent, 0).sum(axis=0, dtype=np.float64)
            mean /= known.sum(axis=0)
        return mean

    def history(self, channel: int) -> Values:
        """Periodograms of a channel's last 30 s, (n_segments, n_freqs), oldest first."""
        return self._segments[self._order, :, channel].astype(np.float64)

    @property
    def _order(self) -> NDArray[np.int64]:
        return np.arange(self._next - self._n_kept, self._next) % self._n_kept

    def _means(self, values: Values) -> Values:
        """Average neighbouring frequencies, if they are stored together, (n_freqs, n_channels)."""
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
    """Convert powers of any shape to decibels: ten times the decimal logarithm; NaN for zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        db: Values = 10 * np.log10(np.where(power > 0, power, np.nan))
    return db


def band_power(density: Values, freqs: Values, band: Band) -> Values:
    """Compute the power within a band, (n_channels,), in unit squared.

    ``density`` has the shape (n_freqs, n_channels), ``freqs`` (n_freqs,).
    """
    inside = (freqs >= band.low) & (freqs < band.high)
    power: Values = density[inside].sum(axis=0) * (freqs[1] - freqs[0])
    return power


def find_peak(density_db: Values, freqs: Values) -> Peak | None:
    """Find the most prominent peak of a spectrum (n_freqs,) above a 1/f fit; None if none.

    A brain rhythm is a peak on a background that falls with frequency. The largest value of the
    whole spectrum is nearly always at the lowest frequency.
    """
    inside = np.isfinite(density_db) & (freqs >= _PEAK_HZ[0]) & (freqs <= _PEAK_HZ[1])
    if inside.sum() < 8:
        return None
    octaves, db = np.log2(freqs[inside]), density_db[inside]
    above = db - np.polyval(np.polyfit(octaves, db, 1), octaves)
    # The fit is repeated without the peaks, which raise it.
    flat = above <= np.median(above)
    above = db - np.polyval(np.polyfit(octaves[flat], db[flat], 1), octaves)
    # A rhythm is broader than one frequency step; chance peaks are not.
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
            # The vertex of the parabola through the three values.
            hz += 0.5 * float((before - after) / bend) * float(freqs[1] - freqs[0])
    return Peak(hz, float(above[best]))
