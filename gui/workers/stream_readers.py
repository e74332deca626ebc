"""What the dashboard does with each kind of stream, in the stream's own thread."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bci.decisions import DecisionEvent
from bci.errors import MismatchError
from bci.lsl.discovery import FoundStream
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, ReceivedPrediction, StatusInlet
from bci.lsl.impedance_stream import Impedances
from bci.lsl.inlet import InletStats, SignalInlet
from bci.messages import EngineStatus
from bci.pipeline.ring import RingBuffer
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.stream_options import as_told
from bci.quality.channel_quality import ChannelQuality, QualityMeter
from bci.types import Chunk, StreamInfo
from gui.workers.stream_worker import Tell

_STATS_EVERY_S = 0.5
_KEEP_S = 60.0
_MOST_SAMPLES = 20_000
# A stream that sends nothing for so long, or for so many samples, is said to be silent.
_SILENT_S, _SILENT_SAMPLES = 1.5, 3


@dataclass(frozen=True)
class SignalFound:
    """The signal stream and the ring that its samples will be written to."""

    info: StreamInfo
    ring: RingBuffer
    hostname: str = ""


class _Judged:
    """A signal's inlet, with what judges its channels."""

    def __init__(self, found: FoundStream, line_hz: float, told: PipelineSettings | None) -> None:
        self.inlet = SignalInlet(found, buffer_s=_KEEP_S)
        self.info = info = _as_told(self.inlet.info, told)
        self.ring = RingBuffer(max(1, round(_KEEP_S * (info.sfreq or 100.0))), info.n_channels)
        self.line_hz = 0.0
        self.meter: QualityMeter | None = None
        self.judge_with(line_hz)
        self.impedances = Impedances(self.inlet.info)

    @property
    def connected(self) -> bool:
        return self.inlet.connected

    def judge_with(self, line_hz: float) -> None:
        """Begin anew where the power line has another frequency."""
        if line_hz != self.line_hz:
            self.line_hz = line_hz
            self.meter = QualityMeter(self.info, line_hz) if self.info.sfreq > 0 else None

    def judge(self, chunk: Chunk) -> list[list[ChannelQuality]]:
        if self.meter is None:
            return []
        reports = self.meter.push(chunk)
        if reports:
            self.meter.set_impedances(self.impedances.newest())
        return reports

    def close(self) -> None:
        self.impedances.close()
        self.inlet.close()


def _as_told(info: StreamInfo, told: PipelineSettings | None) -> StreamInfo:
    """The stream by the profile's names and units, where the profile is of such a stream."""
    if told is None:
        return info
    try:
        return as_told(info, told)
    except MismatchError:
        # Any stream can be looked at, not only the one that the profile is of.
        return info


class _Silence:
    """Watch over a regular stream: whether it has stopped sending, and since when.

    ``since`` is in seconds since 1970; None while samples come.
    """

    def __init__(self, sfreq: float) -> None:
        self.since: float | None = None
        self._allowed_s = max(_SILENT_S, _SILENT_SAMPLES / sfreq) if sfreq > 0 else math.inf
        self._heard = time.monotonic()

    def changes(self, heard: bool) -> bool:
        """Take in whether anything came now; whether `since` is another than before."""
        now, before = time.monotonic(), self.since
        if heard:
            self._heard, self.since = now, None
        elif now - self._heard > self._allowed_s and self.since is None:
            self.since = time.time() - (now - self._heard)
        return self.since != before


class SignalPoller:
    """Writes samples to a ring, and judges every channel once a second.

    Parameters
    ----------
    found : callable
        Called on Qt's thread with the `SignalFound`.
    silent : callable
        With the time since when it sends nothing, s since 1970; None once it sends.
    quality : callable
        With a list of `ChannelQuality`.
    stats : callable
        With `bci.lsl.inlet.InletStats`.
    line_hz : float
        Frequency of the power line; may be set from another thread.
    told : PipelineSettings, optional
        What the profile says of a stream that does not say it itself.
    """

    def __init__(
        self,
        found: Callable[[SignalFound], None],
        silent: Callable[[float | None], None],
        quality: Callable[[list[ChannelQuality]], None],
        stats: Callable[[InletStats], None],
        line_hz: float,
        told: PipelineSettings | None = None,
    ) -> None:
        self.line_hz = line_hz
        self._found, self._silent, self._quality, self._stats = found, silent, quality, stats
        self._told = told
        self._stats_due = 0.0
        self._silence = _Silence(0.0)

    def open(self, found: FoundStream, tell: Tell) -> _Judged:
        signal = _Judged(found, self.line_hz, self._told)
        self._silence = _Silence(signal.info.sfreq)
        tell(self._found, SignalFound(signal.info, signal.ring, found.hostname))
        return signal

    def poll(self, signal: _Judged, tell: Tell) -> None:
        signal.judge_with(self.line_hz)
        chunks = signal.inlet.pull(_MOST_SAMPLES, 0.0)
        # Of a stream that is gone it is told that it is gone.
        changed = self._silence.changes(bool(chunks) or not signal.connected)
        if changed:
            tell(self._silent, self._silence.since)
        for chunk in chunks:
            signal.ring.write(chunk.data, chunk.timestamps, chunk.first)
            for report in signal.judge(chunk):
                tell(self._quality, report)
        if changed and self._silence.since is not None:
            # What the last second said is no longer so.
            tell(self._quality, [])
        if time.monotonic() >= self._stats_due:
            self._stats_due = time.monotonic() + _STATS_EVERY_S
            tell(self._stats, signal.inlet.stats)


class DecisionPoller:
    """Passes on when decisions begin and end."""

    def __init__(self, came: Callable[[list[DecisionEvent]], None]) -> None:
        self._came = came

    def open(self, found: FoundStream, _tell: Tell) -> DecisionInlet:
        return DecisionInlet(found)

    def poll(self, inlet: DecisionInlet, tell: Tell) -> None:
        if events := inlet.pull():
            tell(self._came, events)


class PredictionPoller:
    """Passes on predictions, and first the classes and whether the signal is simulated."""

    def __init__(
        self,
        found: Callable[[tuple[str, ...], bool], None],
        came: Callable[[list[ReceivedPrediction]], None],
    ) -> None:
        self._found, self._came = found, came

    def open(self, found: FoundStream, tell: Tell) -> PredictionInlet:
        inlet = PredictionInlet(found)
        tell(self._found, inlet.classes, inlet.simulated)
        return inlet

    def poll(self, inlet: PredictionInlet, tell: Tell) -> None:
        if predictions := inlet.pull():
            tell(self._came, predictions)


class StatusPoller:
    """Passes on the status of the engine; tells once of a stream that it cannot be read."""

    def __init__(
        self, came: Callable[[EngineStatus], None], problem: Callable[[str], None]
    ) -> None:
        self._came, self._problem = came, problem
        self._told = False

    def open(self, found: FoundStream, _tell: Tell) -> StatusInlet:
        self._told = False
        return StatusInlet(found)

    def poll(self, inlet: StatusInlet, tell: Tell) -> None:
        for status in inlet.pull():
            if isinstance(status, EngineStatus):
                tell(self._came, status)
        if inlet.problem is not None and not self._told:
            self._told = True
            tell(self._problem, describe_unread(f"The status of {inlet.name}", inlet.problem))


def describe_unread(what: str, problem: str) -> str:
    """Say of a status that it cannot be read, and what helps."""
    return (
        f"{what} cannot be read ({problem:.200}). "
        "Start its program and the dashboard from the same version of bci."
    )
