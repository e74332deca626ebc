"""Following one stream from a thread: find it, poll it, tell when it goes and comes."""

import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch

_POLL_S = 0.015
# What is told, by name, and its values.
Tell = Callable[..., None]


class Inlet(Protocol):
    """What can be followed."""

    @property
    def connected(self) -> bool: ...
    def close(self) -> None: ...


I = TypeVar("I", bound=Inlet)  # noqa: E741 - the inlet's own type


class Poller(Protocol[I]):
    """What is done with a stream; ``alive`` names what is told when it goes and comes, if at all.

    Both methods are called in the thread and tell what they get by ``tell(name, *values)``.
    """

    alive: str

    def open(self, found: FoundStream, tell: Tell) -> I: ...
    def poll(self, inlet: I, tell: Tell) -> None: ...


class Follower:
    """A thread that follows streams, for as long as it is wanted.

    The thread is a daemon: one that still waits for a stream that answers discovery and nothing
    else (a firewall, a program that hangs) cannot keep the program from ending.

    Parameters
    ----------
    work : callable
        Called in the thread with the follower; polls whenever `wait` says that it is due.
    tell : callable
        Called in the thread with the follower, a name and values; no more once it is retired.
    """

    def __init__(
        self,
        work: Callable[["Follower"], None],
        tell: Callable[["Follower", str, tuple[object, ...]], None],
    ) -> None:
        self._tell_feed = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=work, args=(self,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def retire(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    @property
    def is_retired(self) -> bool:
        return self._stopping.is_set()

    @property
    def is_finished(self) -> bool:
        return not self._thread.is_alive()

    def wait(self) -> bool:
        """Wait until the next poll is due; False once it is retired."""
        return not self._stopping.wait(_POLL_S)

    def tell(self, name: str, *values: object) -> None:
        """Pass on values, in the thread."""
        # A thread that outlived the window must not touch what Qt has deleted.
        if not self.is_retired:
            self._tell_feed(self, name, values)


def following(query: StreamQuery, poller: Poller[Any]) -> Callable[[Follower], None]:
    """Make the work of a follower that keeps one stream open and polls it."""

    def follow(follower: Follower) -> None:
        try:
            watch = StreamWatch(query)
        except StreamError as error:
            follower.tell("problem", str(error))
            return
        inlet: Inlet | None = None
        was_alive = False
        while follower.wait():
            try:
                if inlet is None:
                    inlet = _open(watch, poller, follower.tell)
                if inlet is not None:
                    poller.poll(inlet, follower.tell)
            except StreamError as error:
                # It does not answer, or came back as another stream: begin anew.
                follower.tell("problem", str(error))
                if inlet is not None:
                    inlet.close()
                    inlet = None
            alive = inlet is not None and inlet.connected
            if alive != was_alive and poller.alive:
                follower.tell(poller.alive, alive)
            was_alive = alive
        if inlet is not None:
            inlet.close()

    return follow


def _open(watch: StreamWatch, poller: Poller[Any], tell: Tell) -> Inlet | None:
    found = watch.poll()
    if not found:
        return None
    if len(found) > 1:
        names = "; ".join(str(stream) for stream in found[:5])
        tell(
            "problem",
            f"Several streams fit {watch.query}: {names}. The first is shown; "
            "choose another one under Connect.",
        )
    inlet: Inlet = poller.open(found[0], tell)
    return inlet
