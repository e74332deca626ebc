"""One reader for each kind of stream: what the dashboard takes from it, and reports."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from bci.errors import MismatchError, StreamError
from bci.lsl.cue_listener import CueListener
from bci.lsl.cue_streams import CueQuery
from bci.lsl.discovery import FoundStream, StreamQuery
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, StatusInlet
from bci.lsl.impedance_stream import Impedances
from bci.lsl.inlet import SignalInlet
from bci.messages import EngineStatus
from bci.pipeline.ring import RingBuffer
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.stream_options import apply_stream_options
from bci.quality.channel_quality import ChannelQuality
from bci.quality.meter import QualityMeter
from bci.quality.silence import SilenceMeter
from bci.signals import Chunk, StreamInfo
from gui.workers.stream_worker import POLL_S, StreamWorker
from gui.workers.worker import Worker

_STATS_EVERY_S = 0.5
_KEEP_S = 60.0
_MAX_SAMPLES = 20_000


@dataclass(frozen=True)
class SignalFound:
    """The signal stream and the ring that its samples will be written to."""

    info: StreamInfo
    ring: RingBuffer
    hostname: str = ""


class _OpenSignal:
    """An open signal stream, with what judges its channels."""

    def __init__(self, found: FoundStream, options: PipelineSettings | None) -> None:
        self.inlet = SignalInlet(found, buffer_s=_KEEP_S)
        self.info = info = _described(self.inlet.info, options)
        self.ring = RingBuffer(max(1, round(_KEEP_S * (info.sfreq or 100.0))), info.n_channels)
        self.silence = SilenceMeter(info.sfreq, time.monotonic())
        self.stats_due = 0.0
        self._impedances = Impedances(self.inlet.info)
        self._line_hz = 0.0
        self._meter: QualityMeter | None = None

    @property
    def connected(self) -> bool:
        return self.inlet.connected

    def judge_with(self, line_hz: float) -> None:
        """Begin anew where the power line has another frequency."""
        if line_hz != self._line_hz:
            self._line_hz = line_hz
            self._meter = QualityMeter(self.info, line_hz) if self.info.sfreq > 0 else None

    def judge(self, chunk: Chunk) -> list[list[ChannelQuality]]:
        """Judge the channels, once a second."""
        if self._meter is None:
            return []
        reports = self._meter.push(chunk)
        if reports:
            self._meter.set_impedances(self._impedances.newest())
        return reports

    def close(self) -> None:
        self._impedances.close()
        self.inlet.close()


def _described(info: StreamInfo, options: PipelineSettings | None) -> StreamInfo:
    """The stream by the profile's names and units, where the profile is of such a stream."""
    if options is None:
        return info
    try:
        return apply_stream_options(info, options)
    except MismatchError:
        # Any stream can be looked at, not only the one that the profile is of.
        return info


class SignalReader(StreamWorker[_OpenSignal]):
    """Writes samples to a ring, and judges every channel once a second.

    Parameters
    ----------
    query : StreamQuery
    line_hz : float
        Frequency of the power line; may be set from another thread.
    options : PipelineSettings, optional
        The profile's names and units, for a stream that does not carry them itself.
    """

    found = Signal(object)  # SignalFound
    silent = Signal(object)  # since when it sends nothing, s since 1970; None once it sends
    quality = Signal(list)  # of ChannelQuality
    stats = Signal(object)  # InletStats

    def __init__(
        self,
        query: StreamQuery,
        line_hz: float,
        options: PipelineSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(query, parent)
        self.line_hz = line_hz
        self._options = options

    def open(self, found: FoundStream) -> _OpenSignal:
        signal = _OpenSignal(found, self._options)
        self.post(self.found.emit, SignalFound(signal.info, signal.ring, found.hostname))
        return signal

    def read(self, inlet: _OpenSignal) -> None:
        inlet.judge_with(self.line_hz)
        chunks, silence = inlet.inlet.pull(_MAX_SAMPLES, 0.0), inlet.silence
        now = time.monotonic()
        # A stream that is gone is reported as gone, not as silent.
        changed = silence.changes(bool(chunks) or not inlet.connected, now)
        if changed:
            since = None if silence.since is None else time.time() - (now - silence.since)
            self.post(self.silent.emit, since)
        for chunk in chunks:
            inlet.ring.write(chunk.data, chunk.timestamps, chunk.first)
            for report in inlet.judge(chunk):
                self.post(self.quality.emit, report)
        if changed and silence.since is not None:
            # The last report no longer holds.
            self.post(self.quality.emit, [])
        if now >= inlet.stats_due:
            inlet.stats_due = now + _STATS_EVERY_S
            self.post(self.stats.emit, inlet.inlet.stats)


class CueReader(Worker):
    """Reports the markers of a signal, by the rule of the engine.

    Parameters
    ----------
    query : CueQuery
    is_cue : callable
        Whether a label is a cue.
    signal : str
        Name of the signal's stream; empty where it is not known.
    ignored : collection of str
        Names of streams that are left out.
    """

    received = Signal(list)  # of Marker
    problem = Signal(str)

    def __init__(
        self,
        query: CueQuery,
        is_cue: Callable[[str], bool],
        signal: str,
        ignored: Collection[str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._chosen = query, is_cue, signal, ignored

    def work(self) -> None:
        """Follow the cues until the worker is retired."""
        try:
            listener = CueListener(*self._chosen)
        except StreamError as error:
            self.post(self.problem.emit, str(error))
            return
        while self.wait(POLL_S):
            if markers := listener.pull():
                self.post(self.received.emit, markers)
        listener.close()


class PredictionReader(StreamWorker[PredictionInlet]):
    """Reports predictions, and first the classes and whether the signal is simulated."""

    found = Signal(tuple, bool)  # classes, simulated
    received = Signal(list)  # of ReceivedPrediction

    def open(self, found: FoundStream) -> PredictionInlet:
        inlet = PredictionInlet(found)
        self.post(self.found.emit, inlet.classes, inlet.simulated)
        return inlet

    def read(self, inlet: PredictionInlet) -> None:
        if predictions := inlet.pull():
            self.post(self.received.emit, predictions)


class DecisionReader(StreamWorker[DecisionInlet]):
    """Reports when decisions begin and end."""

    received = Signal(list)  # of DecisionEvent

    def open(self, found: FoundStream) -> DecisionInlet:
        return DecisionInlet(found)

    def read(self, inlet: DecisionInlet) -> None:
        if events := inlet.pull():
            self.post(self.received.emit, events)


class StatusReader(StreamWorker[StatusInlet]):
    """Reports the status of the engine; once for each stream, that it cannot be read."""

    received = Signal(object)  # EngineStatus
    _is_unread_reported = False

    def open(self, found: FoundStream) -> StatusInlet:
        self._is_unread_reported = False
        return StatusInlet(found)

    def read(self, inlet: StatusInlet) -> None:
        for status in inlet.pull():
            if isinstance(status, EngineStatus):
                self.post(self.received.emit, status)
        if inlet.problem is not None and not self._is_unread_reported:
            self._is_unread_reported = True
            why = describe_unread(f"The status of {inlet.name}", inlet.problem)
            self.post(self.problem.emit, why)


def describe_unread(what: str, problem: str) -> str:
    """Sentence for a status that cannot be read, and what helps."""
    return (
        f"{what} cannot be read ({problem:.200}). "
        "Start its program and the dashboard from the same version of bci."
    )
