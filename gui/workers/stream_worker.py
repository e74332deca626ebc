"""A thread that finds one stream, reads it, and reports when it goes and comes."""

from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from gui.workers.worker import Worker

POLL_S = 0.015


class Inlet(Protocol):
    """An open stream."""

    @property
    def connected(self) -> bool: ...
    def close(self) -> None: ...


I = TypeVar("I", bound=Inlet)  # noqa: E741 - the inlet's own type


class StreamWorker(Worker, Generic[I]):
    """Keeps one stream open and reads it; a subclass says how, by `open` and `read`.

    A stream that answers discovery and nothing else (a firewall, a program that hangs) delays
    this thread alone.
    """

    alive = Signal(bool)  # whether the stream is there, as it comes and goes
    problem = Signal(str)

    def __init__(self, query: StreamQuery, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._query = query

    def open(self, found: FoundStream) -> I:
        """Open the stream, in the thread."""
        raise NotImplementedError

    def read(self, inlet: I) -> None:
        """Report what came since the last time, in the thread."""
        raise NotImplementedError

    def work(self) -> None:
        """Follow the stream until the worker is retired."""
        try:
            watch = StreamWatch(self._query)
        except StreamError as error:
            self.post(self.problem.emit, str(error))
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
                # It does not answer, or came back as another stream: begin anew.
                self.post(self.problem.emit, str(error))
                if inlet is not None:
                    inlet.close()
                    inlet = None
            alive = inlet is not None and inlet.connected
            if alive != was_alive:
                self.post(self.alive.emit, alive)
            was_alive = alive
        if inlet is not None:
            inlet.close()

    def _find(self, watch: StreamWatch) -> I | None:
        found = watch.poll()
        if len(found) > 1:
            names = "; ".join(str(stream) for stream in found[:5])
            self.post(
                self.problem.emit,
                f"Several streams fit {watch.query}: {names}. The first is shown; "
                "choose another one under Connect.",
            )
        return self.open(found[0]) if found else None
