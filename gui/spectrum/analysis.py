"""Computation of spectra and maps of the shown signal, in a thread."""

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from bci.head.top_view import MIN_ELECTRODES, HeadPicture, flatten
from bci.pipeline.display.choice import DisplayChoice
from bci.pipeline.display.filter import DisplayFilter
from bci.pipeline.display.signal import DisplaySignal
from bci.pipeline.ring import RingBuffer
from bci.quality.spectra import (
    HIGH_HZ,
    Band,
    Peak,
    Spectra,
    Values,
    band_power,
    decibels,
    find_peak,
)
from bci.signals import StreamInfo
from gui.workers.worker import Worker

_POLL_S = 0.1
# Seconds of the processed signal that are kept: enough for the segment of a spectrum, and for the
# samples that arrive before it is computed.
_KEPT_S = 8.0
UNFILTERED = DisplayFilter(None)


class Source(NamedTuple):
    """A regular stream, the ring buffer of its samples, and their display processing."""

    info: StreamInfo
    ring: RingBuffer
    choice: DisplayChoice = DisplayChoice(UNFILTERED)


class Wanted(NamedTuple):
    """A requested analysis: the map of ``band``, or spectra if ``band`` is None.

    ``channel`` is the index of the chosen channel. ``left_out`` are names of bad channels.
    ``limit_hz`` is the highest frequency of spectra.
    """

    channel: int
    band: Band | None
    left_out: frozenset[str]
    limit_hz: float = HIGH_HZ


@dataclass(frozen=True)
class SpectrumSeen:
    """Spectra in dB re 1 unit squared per hertz.

    ``density``, (n_freqs, n_shown), are the spectra of the channels with indices ``shown``.
    ``mean``, (n_freqs,), is the spectrum of their mean power. ``chosen``, (n_freqs,), and
    ``history``, (n_segments, n_freqs), are those of the channel with index ``channel``. ``peak`` is
    None without a clear peak.
    """

    info: StreamInfo
    channel: int
    freqs: Values
    shown: tuple[int, ...]
    density: Values
    mean: Values
    chosen: Values
    history: Values
    peak: Peak | None


@dataclass(frozen=True)
class MapSeen:
    """The power of a band at the electrodes and between them, in dB re 1 unit squared.

    ``values`` are those of the channels with indices ``electrodes``. ``picture`` has the shape
    (65, 65), with the nose up; None if there are too few electrodes.
    """

    info: StreamInfo
    band: Band
    unit: str
    electrodes: tuple[int, ...]
    values: Values
    picture: Values | None


class Analysis(Worker):
    """The thread that computes the requested analysis about four times a second."""

    spectrum_came = Signal(object)  # SpectrumSeen
    map_came = Signal(object)  # MapSeen

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.n_computed = 0
        self.is_resting = True
        self._source: Source | None = None
        self._wanted: Wanted | None = None
        self._woken = threading.Event()
        self.start()

    def show_signal(self, source: Source | None) -> None:
        """Analyse ``source`` from now on; None if no signal can be analysed."""
        self._source = source
        self._woken.set()

    def want(self, wanted: Wanted | None) -> None:
        """Request an analysis from now on; None to compute nothing."""
        self._wanted = wanted
        self._woken.set()

    def retire(self) -> None:
        super().retire()
        self._woken.set()

    def _pass_on(self, source: Source, seen: SpectrumSeen | MapSeen) -> None:
        """Emit a result, in Qt's main thread; drop it if another signal is shown now."""
        if self._source is not source:
            return
        came = self.spectrum_came if isinstance(seen, SpectrumSeen) else self.map_came
        came.emit(seen)

    def work(self) -> None:
        shown: ShownSpectra | None = None
        scalps = Scalps()
        done: Wanted | None = None
        while not self.is_retired:
            source, wanted = self._source, self._wanted
            if source is None or wanted is None:
                self.is_resting = True
                self._woken.wait()
                self._woken.clear()
                self.is_resting = False
                continue
            if shown is None or not shown.is_of(source, wanted):
                shown, done = ShownSpectra(source, wanted.limit_hz), None
            info, spectra = shown.info, shown.spectra
            if not shown.take() and (wanted == done or not spectra.is_begun):
                self._woken.wait(_POLL_S)
                self._woken.clear()
                continue
            seen: SpectrumSeen | MapSeen
            if wanted.band is None:
                seen = spectrum_of(info, spectra, wanted)
            else:
                seen = scalps.map(info, spectra, wanted, wanted.band)
            self.n_computed += 1
            done = wanted
            self.post(self._pass_on, source, seen)


class ShownSpectra:
    """Spectra of a stream with the reference and cleaning of the display.

    The display's filter is used only with a cleaning.
    """

    def __init__(self, source: Source, limit_hz: float) -> None:
        self._source = source
        self.info, ring = source.info, source.ring
        self._signal: DisplaySignal | None = None
        if source.choice.changes_more:
            kept = round(_KEPT_S * source.info.sfreq)
            self._signal = DisplaySignal(source.info, source.ring, source.choice, kept)
            self.info, ring = self._signal.info, self._signal.ring
        self.spectra = Spectra(self.info, ring, limit_hz)

    def is_of(self, source: Source, wanted: Wanted) -> bool:
        """Return whether these spectra fit the present source and request."""
        return self._source is source and self.spectra.limit_hz == wanted.limit_hz

    def take(self) -> bool:
        """Process some new samples; return whether there were any."""
        # Not more than the ring buffer keeps until the spectra have read them.
        most = round(_KEPT_S / 4 * self.info.sfreq)
        took = self._signal is not None and self._signal.take(most)
        return self.spectra.take() or took


def alike(info: StreamInfo, channel: int) -> list[int]:
    """Return the indices of the channels with the same kind and unit as ``channel``."""
    measured = [(each.kind, each.unit) for each in info.channels]
    return [k for k, each in enumerate(measured) if each == measured[channel]]


def spectrum_of(info: StreamInfo, spectra: Spectra, wanted: Wanted) -> SpectrumSeen:
    density, channel = spectra.density(), wanted.channel
    shown = [k for k in alike(info, channel) if info.channels[k].name not in wanted.left_out]
    known = [k for k in shown if np.isfinite(density[:, k]).all()]
    mean = density[:, known].mean(axis=1) if known else np.full(len(density), np.nan)
    chosen = decibels(density[:, channel])
    return SpectrumSeen(
        info, channel, spectra.freqs, tuple(shown), decibels(density[:, shown]), decibels(mean),
        chosen, decibels(spectra.history(channel)), find_peak(chosen, spectra.freqs),
    )  # fmt: skip


class Scalps:
    """Computes head maps; keeps the interpolation matrix of the last electrodes."""

    def __init__(self) -> None:
        self._of: tuple[StreamInfo, tuple[int, ...]] | None = None

    def map(self, info: StreamInfo, spectra: Spectra, wanted: Wanted, band: Band) -> MapSeen:
        power = decibels(band_power(spectra.density(), spectra.freqs, band))
        places = flatten(info.channels)
        electrodes = tuple(
            k
            for k in alike(info, wanted.channel)
            if k in places
            and info.channels[k].name not in wanted.left_out
            and np.isfinite(power[k])
        )
        values, picture = power[list(electrodes)], None
        if len(electrodes) >= MIN_ELECTRODES:
            if self._of != (info, electrodes):
                self._picture = HeadPicture(np.array([places[k] for k in electrodes]))
                self._of = (info, electrodes)
            picture = self._picture.draw(values)
        unit = info.channels[wanted.channel].unit
        return MapSeen(info, band, unit, electrodes, values, picture)
