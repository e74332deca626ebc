"""The dashboard's ears: a worker thread that finds the streams and polls them."""

from dataclasses import dataclass

from PySide6.QtCore import QThread, Signal

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.inlet import MarkerInlet, SignalInlet
from bci.lsl.predictions import PredictionInlet, StatusInlet
from bci.ring import RingBuffer
from bci.types import StreamInfo

_POLL_MS = 15
_KEEP_S = 60.0
_MOST_SAMPLES = 20_000


@dataclass(frozen=True)
class SignalFound:
    """The signal stream and the ring that its samples will be written to."""

    info: StreamInfo
    ring: RingBuffer


class Feed(QThread):
    """Polls signal, markers, predictions and status; passes on plain data by Qt signals.

    Parameters
    ----------
    signal : StreamQuery
    markers : StreamQuery or None
    engine_name : str
        Prefix of the engine's streams.
    """

    signal_found = Signal(object)  # SignalFound
    signal_alive = Signal(bool)
    markers_came = Signal(list)  # of Marker
    engine_found = Signal(tuple, bool)  # classes, simulated
    engine_alive = Signal(bool)
    predictions_came = Signal(list)  # of ReceivedPrediction
    status_came = Signal(dict)
    problem = Signal(str)

    def __init__(self, signal: StreamQuery, markers: StreamQuery | None, engine_name: str) -> None:
        super().__init__()
        self._queries = {
            "signal": signal,
            "markers": markers,
            "predictions": StreamQuery(name=f"{engine_name}-predictions"),
            "status": StreamQuery(name=f"{engine_name}-status"),
        }
        self._problems: set[str] = set()

    def run(self) -> None:
        """Body of the thread; Qt calls it."""
        watches = {what: StreamWatch(query) for what, query in self._queries.items() if query}
        self._signal: SignalInlet | None = None
        self._markers: MarkerInlet | None = None
        self._predictions: PredictionInlet | None = None
        self._status: StatusInlet | None = None
        self._alive: dict[str, bool] = {}
        while not self.isInterruptionRequested():
            for what, watch in watches.items():
                if getattr(self, f"_{what}") is None:
                    self._open(what, watch)
            self._poll_all()
            self.msleep(_POLL_MS)
        for what in watches:
            self._close(what)

    def stop(self) -> None:
        """End the thread, within a second."""
        self.requestInterruption()
        self.wait(1000)

    def _open(self, what: str, watch: StreamWatch) -> None:
        found = watch.poll()
        if not found:
            return
        if len(found) > 1:
            names = "; ".join(str(stream) for stream in found[:5])
            self._say_once(f"several streams fit {watch.query}: {names}; showing the first")
        try:
            self._connect(what, found[0])
        except StreamError as error:
            self._say_once(str(error))

    def _connect(self, what: str, found: FoundStream) -> None:
        match what:
            case "signal":
                self._signal = SignalInlet(found, buffer_s=_KEEP_S)
                info = self._signal.info
                capacity = max(1, round(_KEEP_S * (info.sfreq or 100.0)))
                self._ring = RingBuffer(capacity, info.n_channels)
                self.signal_found.emit(SignalFound(info, self._ring))
            case "markers":
                self._markers = MarkerInlet(found)
            case "predictions":
                self._predictions = PredictionInlet(found)
                self.engine_found.emit(self._predictions.classes, self._predictions.simulated)
            case "status":
                self._status = StatusInlet(found)

    def _poll_all(self) -> None:
        if self._signal is not None and (chunks := self._pull("signal", _MOST_SAMPLES, 0.0)):
            for chunk in chunks:
                self._ring.write(chunk.data, chunk.timestamps, chunk.first)
        if self._markers is not None and (markers := self._pull("markers")):
            self.markers_came.emit(markers)
        if self._predictions is not None and (predictions := self._pull("predictions")):
            self.predictions_came.emit(predictions)
        if self._status is not None:
            for status in self._pull("status"):
                self.status_came.emit(status)
        self._tell_alive("signal", self.signal_alive)
        self._tell_alive("predictions", self.engine_alive)

    def _pull(self, what: str, *args: float) -> list:  # type: ignore[type-arg]
        inlet = getattr(self, f"_{what}")
        try:
            pulled: list[object] = inlet.pull(*args)
        except StreamError as error:
            # It came back as another stream: begin anew with what it is now.
            self._say_once(str(error))
            self._close(what)
            return []
        return pulled

    def _tell_alive(self, what: str, changed: object) -> None:
        inlet = getattr(self, f"_{what}")
        alive = inlet is not None and inlet.connected
        if alive != self._alive.get(what, False):
            self._alive[what] = alive
            changed.emit(alive)  # type: ignore[attr-defined]

    def _close(self, what: str) -> None:
        inlet = getattr(self, f"_{what}")
        if inlet is not None:
            inlet.close()
            setattr(self, f"_{what}", None)

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._problems:
            self._problems.add(sentence)
            self.problem.emit(sentence)
