"""Following one stream from a thread: find it, poll it, tell when it goes and comes."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from gui.workers.worker import Worker

POLL_S = 0.015


class Tell(Protocol):
    """Has Qt's thread call something with values; see `Worker.tell`."""

    def __call__(self, call: Callable[..., None], *values: object) -> None: ...


class Inlet(Protocol):
    """What can be followed."""

    @property
    def connected(self) -> bool: ...
    def close(self) -> None: ...


I = TypeVar("I", bound=Inlet)  # noqa: E741 - the inlet's own type


class Poller(Protocol[I]):
    """Opens a stream and takes what it has; both in the thread, both pass on by ``tell``."""

    def open(self, found: FoundStream, tell: Tell) -> I: ...
    def poll(self, inlet: I, tell: Tell) -> None: ...


class Follower(Worker):
    """Keeps one stream open and polls it.

    A stream that answers discovery and nothing else (a firewall, a program that hangs) holds up
    this thread alone.
    """

    alive = Signal(bool)  # whether the stream is there, as it comes and goes
    problem = Signal(str)

    def __init__(
        self, query: StreamQuery, poller: Poller[Any], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._query = query
        self._poller = poller

    def work(self) -> None:
        """Follow the stream until it is retired."""
        try:
            watch = StreamWatch(self._query)
        except StreamError as error:
            self.tell(self.problem.emit, str(error))
            return
        inlet: Inlet | None = None
        was_alive = False
        while self.wait(POLL_S):
            try:
                if inlet is None:
                    inlet = self._open(watch)
                if inlet is not None:
                    self._poller.poll(inlet, self.tell)
            except StreamError as error:
                # It does not answer, or came back as another stream: begin anew.
                self.tell(self.problem.emit, str(error))
                if inlet is not None:
                    inlet.close()
                    inlet = None
            alive = inlet is not None and inlet.connected
            if alive != was_alive:
                self.tell(self.alive.emit, alive)
            was_alive = alive
        if inlet is not None:
            inlet.close()

    def _open(self, watch: StreamWatch) -> Inlet | None:
        found = watch.poll()
        if not found:
            return None
        if len(found) > 1:
            names = "; ".join(str(stream) for stream in found[:5])
            self.tell(
                self.problem.emit,
                f"Several streams fit {watch.query}: {names}. The first is shown; "
                "choose another one under Connect.",
            )
        inlet: Inlet = self._poller.open(found[0], self.tell)
        return inlet
