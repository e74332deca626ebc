"""One stream, found by a query, with reconnection after a restart."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch

_LOOK_S = 0.05
_PULL_S = 0.1
# Pause before the next attempt to open a stream, in seconds.
_AGAIN_S = 1.0
# Largest time between the answers of two streams of the same name, in seconds.
_TWIN_S = 0.2


class FollowedInlet(Protocol):
    """An open stream."""

    @property
    def connected(self) -> bool: ...
    def pull(self, timeout: float) -> list[Any]: ...
    def close(self) -> None: ...


I = TypeVar("I", bound=FollowedInlet)  # noqa: E741 - the inlet's own type


class OneStream(threading.Thread, Generic[I]):
    """A thread that keeps one stream open and passes on its samples, until ``stop`` is set.

    Each stream has its own thread, so that one that does not answer delays no other.

    Parameters
    ----------
    query : StreamQuery
        Selects the stream; its name is also the thread's name.
    connect : callable
        Opens the found stream and returns the inlet; raises `StreamError` if it fails.
    opened, came, lost : callable
        Called in this thread: ``opened`` with the open inlet, ``came`` with a list of samples, and
        ``lost`` without arguments.
    report : callable
        Called with a sentence about a stream that cannot be opened.
    """

    def __init__(
        self,
        query: StreamQuery,
        connect: Callable[[FoundStream], I],
        opened: Callable[[I], None],
        came: Callable[[list[Any]], None],
        lost: Callable[[], None],
        report: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        super().__init__(daemon=True, name=query.name)
        self._connect, self._opened, self._came, self._lost = connect, opened, came, lost
        self._report, self._stop_asked = report, stop
        self._watch = StreamWatch(query)
        # Outlets that have closed; discovery still lists them for two seconds.
        self._gone: deque[str] = deque(maxlen=64)
        self._known_source: str | None = None
        self._seen_at: float | None = None
        self._reported: set[str] = set()
        self.looked_at: float | None = None
        """Time of the newest pull, by `time.monotonic`; None while the stream is not open."""

    def run(self) -> None:
        while not self._stop_asked.wait(_LOOK_S):
            found = self._choose()
            if found is None:
                continue
            try:
                inlet = self._connect(found)
            except StreamError as error:
                self._report_once(str(error))
                self._stop_asked.wait(_AGAIN_S)
                continue
            self._known_source = found.info.source_id
            self._read(inlet)
            self._gone.append(found.uid)
            self._seen_at = None

    def _read(self, inlet: I) -> None:
        self._opened(inlet)
        while inlet.connected and not self._stop_asked.is_set():
            events = inlet.pull(_PULL_S)
            self.looked_at = time.monotonic()
            if events:
                self._came(events)
        self.looked_at = None
        if not self._stop_asked.is_set():
            self._lost()
        inlet.close()

    def _choose(self) -> FoundStream | None:
        """Choose the stream to open; None if there is none, or two programs have one each."""
        found = [each for each in self._watch.poll() if each.uid not in self._gone]
        if not found:
            self._seen_at = None
            return None
        now = time.monotonic()
        self._seen_at = self._seen_at or now
        if len({(each.info.source_id, each.hostname) for each in found}) > 1:
            listed = "; ".join(str(each) for each in found[:5])
            self._report_once(
                f"several programs publish {self.name!r}: {listed}. Give one of them another name"
            )
            return None
        if self._known_source != found[0].info.source_id and now - self._seen_at < _TWIN_S:
            return None
        # During a restart, the old outlet is still listed beside the new one.
        return max(found, key=lambda each: float(each.raw.created_at()))

    def _report_once(self, sentence: str) -> None:
        if sentence not in self._reported:
            self._reported.add(sentence)
            self._report(sentence)
