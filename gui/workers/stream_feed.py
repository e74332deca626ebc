"""Everything that the dashboard reads from the network: one thread for each stream."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from bci.lsl.cue_streams import cue_query
from bci.lsl.discovery import StreamQuery
from bci.profiles.pipeline_settings import PipelineSettings
from gui.workers.stream_readers import (
    CueReader,
    DecisionReader,
    PredictionReader,
    SignalReader,
    StatusReader,
)
from gui.workers.stream_worker import StreamWorker

_STOP_S = 0.8

Reader = StreamWorker[Any] | CueReader


class Feed(QObject):
    """Reads signal, markers, predictions, decisions and status; reports plain data by Qt signals.

    Each stream has a thread of its own, so that one that hangs delays none of the others.

    Parameters
    ----------
    engine_name : str
        Prefix of the engine's streams.
    line_hz : float
        Frequency of the power line, for the signal's quality.
    is_cue : callable
        Whether a marker's label is a cue.
    stream_options : PipelineSettings, optional
        The profile's names and units, for a stream that does not carry them itself.
    """

    signal_found = Signal(object)  # SignalFound
    signal_alive = Signal(bool)
    signal_silent = Signal(object)  # since when it sends nothing, s since 1970; None: it sends
    signal_stats = Signal(object)  # InletStats
    quality_came = Signal(list)  # of ChannelQuality
    markers_came = Signal(list)  # of Marker
    engine_found = Signal(tuple, bool)  # classes, simulated
    engine_alive = Signal(bool)
    predictions_came = Signal(list)  # of ReceivedPrediction
    decisions_came = Signal(list)  # of DecisionEvent
    engine_there = Signal(bool)  # whether its program runs, even if it decodes nothing yet
    status_came = Signal(object)  # EngineStatus
    problem = Signal(str)

    def __init__(
        self,
        engine_name: str,
        line_hz: float = 50.0,
        is_cue: Callable[[str], bool] = lambda _label: True,
        stream_options: PipelineSettings | None = None,
    ) -> None:
        super().__init__()
        self._is_cue = is_cue
        # The cues of our own calibration are shown when they are sent.
        self._own_cues = (f"{engine_name}-cues",)
        self._line_hz, self._stream_options = line_hz, stream_options
        self._signal: SignalReader | None = None
        self._cues: CueReader | None = None
        self._problems: set[str] = set()
        self._readers: list[Reader] = []
        predictions = PredictionReader(StreamQuery(name=f"{engine_name}-predictions"), self)
        predictions.found.connect(self.engine_found)
        predictions.alive.connect(self.engine_alive)
        predictions.received.connect(self.predictions_came)
        decisions = DecisionReader(StreamQuery(name=f"{engine_name}-decisions"), self)
        decisions.received.connect(self.decisions_came)
        status = StatusReader(StreamQuery(name=f"{engine_name}-status"), self)
        status.alive.connect(self.engine_there)
        status.received.connect(self.status_came)
        for reader in (predictions, decisions, status):
            self._begin(reader)

    def show(self, signal: StreamQuery, markers: StreamQuery | None) -> None:
        """Follow this signal, with these markers, and no longer the one before."""
        for reader in (self._signal, self._cues):
            if reader is not None:
                reader.retire()
        self._forget_finished()
        self._signal = SignalReader(signal, self._line_hz, self._stream_options, self)
        self._signal.found.connect(self.signal_found)
        self._signal.alive.connect(self.signal_alive)
        self._signal.silent.connect(self.signal_silent)
        self._signal.quality.connect(self.quality_came)
        self._signal.stats.connect(self.signal_stats)
        self._begin(self._signal)
        self._cues = None
        if markers is not None:
            self._cues = CueReader(
                cue_query(markers), self._is_cue, signal.name or "", self._own_cues, self
            )
            self._cues.received.connect(self.markers_came)
            self._begin(self._cues)

    def set_line_hz(self, line_hz: float) -> None:
        """The power line has this frequency: judge the signal anew by it."""
        self._line_hz = line_hz
        if self._signal is not None:
            self._signal.line_hz = line_hz

    def retire(self) -> None:
        """Ask all threads to end; returns at once."""
        for reader in self._readers:
            reader.retire()

    def stop(self, timeout_s: float = _STOP_S) -> None:
        """End the threads, and wait for it."""
        self.retire()
        deadline = time.monotonic() + timeout_s
        for reader in self._readers:
            reader.stop(max(0.0, deadline - time.monotonic()))

    @property
    def is_finished(self) -> bool:
        return all(reader.is_finished for reader in self._readers)

    def _begin(self, reader: Reader) -> None:
        reader.problem.connect(self._on_problem)
        self._readers.append(reader)
        reader.start()

    def _forget_finished(self) -> None:
        for reader in [each for each in self._readers if each.is_retired and each.is_finished]:
            self._readers.remove(reader)
            reader.deleteLater()

    def _on_problem(self, why: str) -> None:
        if why not in self._problems:
            self._problems.add(why)
            self.problem.emit(why)
