"""Readers of the dashboard, one for each kind of stream."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bci.errors import StreamError
from bci.lsl.cue_listener import CueListener
from bci.lsl.cue_streams import CueQuery
from bci.lsl.discovery import FoundStream, StreamQuery
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, StatusInlet
from bci.lsl.inlet import SignalInlet
from bci.lsl.spelling_stream import SpellingInlet
from bci.messages import EngineStatus
from bci.pipeline.ring import RingBuffer
from bci.profiles.pipeline_settings import PipelineSettings
from bci.quality.judged_signal import JudgedSignal
from bci.quality.silence import SilenceMeter
from bci.signals import StreamInfo
from gui.workers.stream_worker import POLL_S, StreamNews, StreamWorker
from gui.workers.worker import Worker

_STATS_EVERY_S = 0.5
_KEEP_S = 60.0
_MAX_SAMPLES = 20_000


@dataclass(frozen=True)
class SignalFound:
    """A signal stream that was found, and the ring buffer of its samples."""

    info: StreamInfo
    ring: RingBuffer
    hostname: str = ""


class SignalReader(StreamWorker[JudgedSignal]):
    """Writes samples to a ring buffer, and judges every channel once a second.

    ``line_hz`` is the frequency of the power line; it may be set from another thread. ``options``
    has the profile's channel names and units, for a stream that states none.
    """

    def __init__(
        self,
        query: StreamQuery,
        news: StreamNews,
        line_hz: float = 50.0,
        options: PipelineSettings | None = None,
    ) -> None:
        super().__init__(query, news, news.signal_alive)
        self.line_hz = line_hz
        self._options = options

    def open(self, found: FoundStream) -> JudgedSignal:
        signal = JudgedSignal(SignalInlet(found, buffer_s=_KEEP_S), self._options)
        info, now = signal.info, time.monotonic()
        n_samples = max(1, round(_KEEP_S * (info.sfreq or 100.0)))
        self._ring = RingBuffer(n_samples, info.n_channels)
        self._silence = SilenceMeter(info.sfreq, now)
        self._stats_due = now
        self.post(self.news.signal_found.emit, SignalFound(info, self._ring, found.hostname))
        return signal

    def read(self, inlet: JudgedSignal) -> None:
        inlet.judge_with(self.line_hz)
        chunks, now = inlet.inlet.pull(_MAX_SAMPLES, 0.0), time.monotonic()
        # A lost stream is reported as lost, not as silent.
        changed = self._silence.changes(bool(chunks) or not inlet.connected, now)
        since = self._silence.since
        if changed:
            at = None if since is None else time.time() - (now - since)
            self.post(self.news.signal_silent.emit, at)
        for chunk in chunks:
            self._ring.write(chunk.data, chunk.timestamps, chunk.first)
            for report in inlet.judge(chunk):
                self.post(self.news.quality_came.emit, report)
        if changed and since is not None:
            # The last report on quality is no longer valid.
            self.post(self.news.quality_came.emit, [])
        if now >= self._stats_due:
            self._stats_due = now + _STATS_EVERY_S
            self.post(self.news.signal_stats.emit, inlet.inlet.stats)


class CueReader(Worker):
    """Reports the markers of a signal; it chooses marker streams as the engine does.

    ``signal`` is the name of the signal's stream, empty if unknown. ``is_cue`` returns whether a
    marker's label is a cue. ``ignored`` are names of marker streams that are left out.
    """

    def __init__(
        self,
        query: CueQuery,
        news: StreamNews,
        is_cue: Callable[[str], bool],
        signal: str,
        ignored: Collection[str],
    ) -> None:
        super().__init__()
        self._news = news
        self._chosen = query, is_cue, signal, ignored

    def work(self) -> None:
        """Read the markers until the worker is retired."""
        try:
            listener = CueListener(*self._chosen)
        except StreamError as error:
            self.post(self._news.report, str(error))
            return
        while self.wait(POLL_S):
            if markers := listener.pull():
                self.post(self._news.markers_came.emit, markers)
        listener.close()


class PredictionReader(StreamWorker[PredictionInlet]):
    """Reports the classes and whether the signal is simulated, then all predictions."""

    def open(self, found: FoundStream) -> PredictionInlet:
        inlet = PredictionInlet(found)
        self.post(self.news.engine_found.emit, inlet.classes, inlet.simulated)
        return inlet

    def read(self, inlet: PredictionInlet) -> None:
        if predictions := inlet.pull():
            self.post(self.news.predictions_came.emit, predictions)


class DecisionReader(StreamWorker[DecisionInlet]):
    """Reports the changes of the engine's decision."""

    def open(self, found: FoundStream) -> DecisionInlet:
        return DecisionInlet(found)

    def read(self, inlet: DecisionInlet) -> None:
        if events := inlet.pull():
            self.post(self.news.decisions_came.emit, events)


class SpellingReader(StreamWorker[SpellingInlet]):
    """Reports the selections of a speller."""

    def open(self, found: FoundStream) -> SpellingInlet:
        return SpellingInlet(found)

    def read(self, inlet: SpellingInlet) -> None:
        if spelled := inlet.pull():
            self.post(self.news.spelled_came.emit, spelled)


class StatusReader(StreamWorker[StatusInlet]):
    """Reports the status of the engine; reports once per stream if it is unreadable."""

    def open(self, found: FoundStream) -> StatusInlet:
        self._is_unread_reported = False
        return StatusInlet(found)

    def read(self, inlet: StatusInlet) -> None:
        for status in inlet.pull():
            if isinstance(status, EngineStatus):
                self.post(self.news.status_came.emit, status)
        if inlet.problem is not None and not self._is_unread_reported:
            self._is_unread_reported = True
            why = describe_unread(f"The status of {inlet.name}", inlet.problem)
            self.post(self.news.report, why)


def describe_unread(what: str, problem: str) -> str:
    """Return a sentence on a status that cannot be read, and advice."""
    return (
        f"{what} cannot be read ({problem:.200}). "
        "Start its program and the dashboard from the same version of bci."
    )
