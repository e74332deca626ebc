"""The readers of all streams of the dashboard, one thread per stream."""

import time
from collections.abc import Callable

from bci.lsl.cue_streams import cue_query
from bci.lsl.discovery import StreamQuery
from bci.profiles.pipeline_settings import PipelineSettings
from gui.workers.stream_readers import (
    CueReader,
    DecisionReader,
    PredictionReader,
    SignalReader,
    SpellingReader,
    StatusReader,
)
from gui.workers.stream_worker import StreamNews
from gui.workers.worker import Worker

_STOP_S = 0.8


class Feed(StreamNews):
    """Reads the signal and the engine's streams; reports plain data by Qt signals.

    Each stream has its own thread, so that a stream that hangs delays no other.

    ``engine_name`` is the prefix of the engine's streams. ``is_cue`` returns whether a marker's
    label is a cue. ``stream_options`` has the profile's channel names and units, for a stream that
    states none.
    """

    def __init__(
        self,
        engine_name: str,
        is_cue: Callable[[str], bool] = lambda _label: True,
        stream_options: PipelineSettings | None = None,
    ) -> None:
        super().__init__()
        self._is_cue = is_cue
        # Cues of this dashboard's own calibration are shown when they are sent, so not read here.
        self._own_cues = (f"{engine_name}-cues",)
        self._line_hz, self._stream_options = 50.0, stream_options
        self._signal: SignalReader | None = None
        self._cues: CueReader | None = None
        self._readers: list[Worker] = []
        for reader in (
            PredictionReader(_named(engine_name, "predictions"), self, self.engine_alive),
            DecisionReader(_named(engine_name, "decisions"), self),
            SpellingReader(_named(engine_name, "spelled"), self),
            StatusReader(_named(engine_name, "status"), self, self.engine_there),
        ):
            self._begin(reader)

    def show(self, signal: StreamQuery, markers: StreamQuery | None) -> None:
        """Read the stream ``signal`` and its ``markers`` from now on; None for no markers."""
        for reader in (self._signal, self._cues):
            if reader is not None:
                reader.retire()
        self._forget_finished()
        self._signal = SignalReader(signal, self, self._line_hz, self._stream_options)
        self._begin(self._signal)
        self._cues = None
        if markers is not None:
            query, name = cue_query(markers), signal.name or ""
            self._cues = CueReader(query, self, self._is_cue, name, self._own_cues)
            self._begin(self._cues)

    def set_line_hz(self, line_hz: float) -> None:
        """Set the power-line frequency, in hertz, for the signal's quality."""
        self._line_hz = line_hz
        if self._signal is not None:
            self._signal.line_hz = line_hz

    def retire(self) -> None:
        """Request the end of all threads; returns at once."""
        for reader in self._readers:
            reader.retire()

    def stop(self, timeout_s: float = _STOP_S) -> None:
        """End all threads, and wait at most ``timeout_s`` seconds for their end."""
        self.retire()
        deadline = time.monotonic() + timeout_s
        for reader in self._readers:
            reader.stop(max(0.0, deadline - time.monotonic()))

    @property
    def is_finished(self) -> bool:
        return all(reader.is_finished for reader in self._readers)

    def _begin(self, reader: Worker) -> None:
        reader.setParent(self)
        self._readers.append(reader)
        reader.start()

    def _forget_finished(self) -> None:
        for reader in [each for each in self._readers if each.is_retired and each.is_finished]:
            self._readers.remove(reader)
            reader.deleteLater()


def _named(engine_name: str, ending: str) -> StreamQuery:
    return StreamQuery(name=f"{engine_name}-{ending}")
