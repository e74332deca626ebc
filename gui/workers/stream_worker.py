"""Base class of a thread that finds and reads one stream, and reports its loss."""

from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, SignalInstance

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from gui.workers.worker import Worker

POLL_S = 0.015


class StreamNews(QObject):
    """The signals by which the readers report plain data."""

    signal_found = Signal(object)  # SignalFound
    signal_alive = Signal(bool)
    signal_silent = Signal(object)  # start of a silence, in s since 1970; None: samples arrive
    signal_stats = Signal(object)  # InletStats
    quality_came = Signal(list)  # of ChannelQuality
    markers_came = Signal(list)  # of Marker
    engine_found = Signal(tuple, bool)  # classes, simulated
    engine_alive = Signal(bool)
    predictions_came = Signal(list)  # of ReceivedPrediction
    decisions_came = Signal(list)  # of DecisionEvent
    spelled_came = Signal(list)  # of Spelled
    engine_there = Signal(bool)  # whether the engine runs, even if it decodes nothing yet
    status_came = Signal(object)  # EngineStatus
    problem = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._problems: set[str] = set()

    def report(self, problem: str) -> None:
        """Emit `problem`; the same text is reported once only."""
        if problem not in self._problems:
            self._problems.add(problem)
            self.problem.emit(problem)


class Inlet(Protocol):
    """The interface of an open stream."""

    @property
    def connected(self) -> bool: ...
    def close(self) -> None: ...


I = TypeVar("I", bound=Inlet)  # noqa: E741 - the inlet's own type


class StreamWorker(Worker, Generic[I]):
    """Keeps one stream open and reads it; a subclass implements `open` and `read`.

    A stream may be discovered but not answer, because of a firewall or a program that hangs; it
    delays this thread only. ``alive`` is emitted with True when the stream is open, and with False
    when it is lost.
    """

    def __init__(
        self, query: StreamQuery, news: StreamNews, alive: SignalInstance | None = None
    ) -> None:
        super().__init__()
        self.news = news
        self._query, self._alive = query, alive

    def open(self, found: FoundStream) -> I:
        """Open the stream that was found; called in the thread."""
        raise NotImplementedError

    def read(self, inlet: I) -> None:
        """Report the data since the last call; called in the thread."""
        raise NotImplementedError

    def work(self) -> None:
        """Read the stream until the worker is retired."""
        try:
            watch = StreamWatch(self._query)
        except StreamError as error:
            self.post(self.news.report, str(error))
            return
        inlet: I | None = None
        was_alive = False
        while self.wait(POLL_S):
            try:
                if inlet is None:
                    inlet = self._find(watch)
                if inlet is not None:
                    self.read(inlet)
            except StreamError as error:
                # The stream does not answer, or was replaced by another one, so search again.
                self.post(self.news.report, str(error))
                if inlet is not None:
                    inlet.close()
                    inlet = None
            alive = inlet is not None and inlet.connected
            if alive != was_alive and self._alive is not None:
                self.post(self._alive.emit, alive)
            was_alive = alive
        if inlet is not None:
            inlet.close()

    def _find(self, watch: StreamWatch) -> I | None:
        found = watch.poll()
        if len(found) > 1:
            names = "; ".join(str(stream) for stream in found[:5])
            self.post(
                self.news.report,
                f"Several streams fit {watch.query}: {names}. The first is shown; "
                "choose another one under Connect.",
            )
        return self.open(found[0]) if found else None
