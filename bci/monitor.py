"""Watching one live stream: the quality of its channels and how it keeps time."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bci.errors import AmbiguousStreamError, StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch, resolve
from bci.lsl.inlet import InletStats, SignalInlet
from bci.lsl.quality import QualityOutlet
from bci.quality import ChannelQuality, QualityMeter
from bci.types import StreamInfo

_PULL_S = 0.05
_RESOLVE_S = 0.4
# Pulled at most this long at a time, in seconds of signal.
_CHUNK_S = 0.1
# An impedance in a unit that is not known is not used.
_KOHM = {"kOhm": 1.0, "Ohm": 1e-3}


@dataclass(frozen=True, slots=True)
class StreamQuality:
    """One second of one stream: its channels, what was lost and how it keeps time."""

    info: StreamInfo
    connected: bool
    stats: InletStats
    channels: list[ChannelQuality]


def monitor(
    query: StreamQuery,
    stop: threading.Event,
    on_report: Callable[[StreamQuality], None],
    line_hz: float = 50.0,
    wait_s: float = 5.0,
) -> None:
    """Judge a stream once a second and publish the verdicts, until ``stop`` is set.

    Impedances are taken from the stream ``<name>-impedance`` where there is one.

    Parameters
    ----------
    query : StreamQuery
    stop : threading.Event
        Seen within a tenth of a second.
    on_report : callable
        Given every second's report, and one with the last channels when the stream is lost.
    line_hz : float
        Frequency of the power line.
    wait_s : float
        How long the stream is looked for at first.

    Raises
    ------
    StreamError
        If the stream is not there, is irregular, or comes back changed.
    """
    found = _find(query, stop, wait_s)
    if found is None:
        return
    inlet = SignalInlet(found)
    info = inlet.info
    if not info.sfreq > 0:
        inlet.close()
        raise StreamError(f"stream {info.name!r} is irregular: it has no signal quality")
    meter, outlet = QualityMeter(info, line_hz), QualityOutlet(info)
    impedances = _Impedances(info)
    channels: list[ChannelQuality] = []
    connected = True
    try:
        while not stop.is_set():
            for chunk in inlet.pull(max(1, math.ceil(_CHUNK_S * info.sfreq)), _PULL_S):
                for report in meter.push(chunk):
                    channels = report
                    outlet.push(report, inlet.stats, float(chunk.timestamps[-1]))
                    meter.set_impedances(impedances.newest())
                    on_report(StreamQuality(info, True, inlet.stats, channels))
            if inlet.connected != connected:
                connected = inlet.connected
                on_report(StreamQuality(info, connected, inlet.stats, channels))
    finally:
        impedances.close()
        outlet.close()
        inlet.close()


def _find(query: StreamQuery, stop: threading.Event, wait_s: float) -> FoundStream | None:
    """The stream; None when told to stop while looking for it."""
    deadline = time.monotonic() + wait_s
    while not stop.is_set():
        try:
            return resolve(query, _RESOLVE_S)
        except AmbiguousStreamError:
            raise
        except StreamError:
            if time.monotonic() > deadline:
                raise
    return None


class _Impedances:
    """The newest impedances of a stream's channels, once a stream of them appears."""

    def __init__(self, info: StreamInfo) -> None:
        self._names = info.ch_names
        self._watch = StreamWatch(StreamQuery(name=f"{info.name}-impedance"))
        self._inlet: SignalInlet | None = None
        self._kohm: np.ndarray[tuple[int], np.dtype[np.float64]] | None = None

    def newest(self) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
        """In kiloohms, (n_channels,), NaN where unknown; None where there are none at all."""
        if self._inlet is None:
            found = self._watch.poll()
            if not found:
                return None
            self._inlet = SignalInlet(found[0])
            channels = self._inlet.info.channels
            self._scale = np.array([_KOHM.get(channel.unit, np.nan) for channel in channels])
        for chunk in self._inlet.pull(64, 0.0):
            kohm = chunk.data[-1].astype(np.float64) * self._scale
            names = self._inlet.info.ch_names
            if len(names) == len(self._names):
                # Boards that measure impedances name their channels after nothing.
                self._kohm = kohm
            else:
                said = dict(zip(names, kohm.tolist(), strict=True))
                self._kohm = np.array([said.get(name, np.nan) for name in self._names])
        return self._kohm

    def close(self) -> None:
        if self._inlet is not None:
            self._inlet.close()
