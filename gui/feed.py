"""The dashboard's ears: a thread for each stream, that finds it and polls it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, SignalInstance

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.inlet import MarkerInlet, SignalInlet
from bci.lsl.predictions import PredictionInlet, StatusInlet
from bci.ring import RingBuffer
from bci.types import StreamInfo

_POLL_S = 0.015
_STOP_S = 0.8
_STATS_EVERY_S = 0.5
_KEEP_S = 60.0
_MOST_SAMPLES = 20_000


@dataclass(frozen=True)
class SignalFound:
    """The signal stream and the ring that its samples will be written to."""

    info: StreamInfo
    ring: RingBuffer


class _Inlet(Protocol):
    @property
    def connected(self) -> bool: ...
    def close(self) -> None: ...


I = TypeVar("I", bound=_Inlet)  # noqa: E741 - the inlet's own type


class Feed(QObject):
    """Polls signal, markers, predictions and status; passes on plain data by Qt signals.

    Each stream has a thread of its own, so that one that answers discovery and nothing else (a
    firewall, a program that hangs) holds up none of the others. The threads are daemons: one
    that still waits for such a stream cannot keep the program from ending.

    Parameters
    ----------
    signal : StreamQuery
    markers : StreamQuery or None
    engine_name : str
        Prefix of the engine's streams.
    """

    signal_found = Signal(object)  # SignalFound
    signal_alive = Signal(bool)
    signal_stats = Signal(object)  # InletStats
    markers_came = Signal(list)  # of Marker
    engine_found = Signal(tuple, bool)  # classes, simulated
    engine_alive = Signal(bool)
    predictions_came = Signal(list)  # of ReceivedPrediction
    status_came = Signal(dict)
    problem = Signal(str)

    def __init__(self, signal: StreamQuery, markers: StreamQuery | None, engine_name: str) -> None:
        super().__init__()
        self._stopping = threading.Event()
        self._problems: set[str] = set()
        self._stats_due = 0.0
        follow = [
            (signal, self._open_signal, self._poll_signal, self.signal_alive),
            (
                StreamQuery(name=f"{engine_name}-predictions"),
                self._open_predictions,
                self._poll_predictions,
                self.engine_alive,
            ),
            (StreamQuery(name=f"{engine_name}-status"), StatusInlet, self._poll_status, None),
        ]
        if markers is not None:
            follow.append((markers, MarkerInlet, self._poll_markers, None))
        self._threads = [
            threading.Thread(target=self._follow, args=args, daemon=True) for args in follow
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads, within a second."""
        self._stopping.set()
        deadline = time.monotonic() + _STOP_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def isFinished(self) -> bool:  # noqa: N802 - as a QThread says it
        return not any(thread.is_alive() for thread in self._threads)

    def _follow(
        self,
        query: StreamQuery,
        open_inlet: Callable[[FoundStream], I],
        poll: Callable[[I], None],
        alive_changed: SignalInstance | None,
    ) -> None:
        """Body of a thread: find the stream, poll it, tell when it goes and comes."""
        try:
            watch = StreamWatch(query)
        except StreamError as error:
            self._say_once(str(error))
            return
        inlet: I | None = None
        was_alive = False
        while not self._stopping.wait(_POLL_S):
            try:
                if inlet is None:
                    inlet = self._open(watch, open_inlet)
                if inlet is not None:
                    poll(inlet)
            except StreamError as error:
                # It does not answer, or came back as another stream: begin anew.
                self._say_once(str(error))
                if inlet is not None:
                    inlet.close()
                    inlet = None
            alive = inlet is not None and inlet.connected
            if alive != was_alive and alive_changed is not None:
                self._emit(alive_changed, alive)
            was_alive = alive
        if inlet is not None:
            inlet.close()

    def _open(self, watch: StreamWatch, open_inlet: Callable[[FoundStream], I]) -> I | None:
        found = watch.poll()
        if not found:
            return None
        if len(found) > 1:
            names = "; ".join(str(stream) for stream in found[:5])
            self._say_once(f"Several streams fit {watch.query}: {names}. The first is shown.")
        return open_inlet(found[0])

    def _open_signal(self, found: FoundStream) -> SignalInlet:
        inlet = SignalInlet(found, buffer_s=_KEEP_S)
        capacity = max(1, round(_KEEP_S * (inlet.info.sfreq or 100.0)))
        self._ring = RingBuffer(capacity, inlet.info.n_channels)
        self._emit(self.signal_found, SignalFound(inlet.info, self._ring))
        return inlet

    def _open_predictions(self, found: FoundStream) -> PredictionInlet:
        inlet = PredictionInlet(found)
        self._emit(self.engine_found, inlet.classes, inlet.simulated)
        return inlet

    def _poll_signal(self, inlet: SignalInlet) -> None:
        for chunk in inlet.pull(_MOST_SAMPLES, 0.0):
            self._ring.write(chunk.data, chunk.timestamps, chunk.first)
        if time.monotonic() >= self._stats_due:
            self._stats_due = time.monotonic() + _STATS_EVERY_S
            self._emit(self.signal_stats, inlet.stats)

    def _poll_markers(self, inlet: MarkerInlet) -> None:
        if markers := inlet.pull():
            self._emit(self.markers_came, markers)

    def _poll_predictions(self, inlet: PredictionInlet) -> None:
        if predictions := inlet.pull():
            self._emit(self.predictions_came, predictions)

    def _poll_status(self, inlet: StatusInlet) -> None:
        for status in inlet.pull():
            self._emit(self.status_came, status)

    def _emit(self, signal: SignalInstance, *values: object) -> None:
        # A thread that outlived the window must not touch what Qt has deleted.
        if not self._stopping.is_set():
            signal.emit(*values)

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._problems:
            self._problems.add(sentence)
            self._emit(self.problem, sentence)
