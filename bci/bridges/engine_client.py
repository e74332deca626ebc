"""A client of one engine: it merges the engine's streams to one sequence of events.

It reconnects after a restart of the engine.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field
from pylsl import local_clock

from bci.bridges.one_stream import OneStream
from bci.decisions import DecisionEvent
from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, ReceivedPrediction, StatusInlet
from bci.messages import EngineStatus, PeopleStatus, RecorderStatus

SILENT_S = 2.0
"""Time without messages after which an engine is lost; it sends its status twice per second."""
STALE_S = 2.0
"""Largest age of a decision in seconds; an older one is not used."""
EngineName = Annotated[str, Field(min_length=1, max_length=100)]

_JOIN_S = 0.3
_LOOK_S = 0.02
_MAX_DECISIONS = 4096
_MAX_OTHERS = 1024


@dataclass(frozen=True, slots=True)
class Connected:
    """Event: the engine is connected; its decisions follow.

    ``simulated`` is True if it decodes a simulated signal.
    """

    simulated: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """Event: the engine has ended or sends nothing; no decision holds from here on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Classes:
    """Event: classes of the predictions that follow; another model may have other classes."""

    labels: tuple[str, ...]
    simulated: bool


Status = EngineStatus | PeopleStatus | RecorderStatus
EngineEvent = Connected | Lost | Classes | DecisionEvent | ReceivedPrediction | EngineStatus


class EngineClient:
    """A client of one engine, found by its name; close it, or use it in a ``with`` block.

    `poll` returns each event once. The events of one stream are in order. `Connected` precedes the
    decisions of an engine, also after its restart; `Classes` precedes its predictions. If the
    engine is lost while a decision holds, the decision's offset precedes `Lost`.

    Decisions that the engine sends while the client is not connected are lost, because LSL does
    not store samples for later receivers.

    Parameters
    ----------
    name : str
        Name of the engine.
    report : callable
        Called with a sentence when the engine connects or is lost, or a stream cannot be opened.
    silent_s : float
        Time without any message of the engine after which it is lost, in seconds. It applies once
        the status stream has been found. Below 0.5 s, predictions must arrive that often.

    Attributes
    ----------
    dropped : int
        Number of events that were dropped, oldest first, because `poll` was called too late.
    """

    def __init__(
        self, name: str, report: Callable[[str], None] = lambda _: None, silent_s: float = SILENT_S
    ) -> None:
        self.name = name
        self.dropped = 0
        self._report, self._silent_s = report, silent_s
        self._changed = threading.Condition()
        self._stop = threading.Event()
        # Decisions have a queue of their own, so that frequent predictions cannot displace them.
        self._decisions: deque[tuple[int, EngineEvent]] = deque()
        self._others: deque[tuple[int, EngineEvent]] = deque()
        self._n_events = 0
        self._held: str | None = None
        # True after the client made an offset itself; the engine's late offset is then ignored.
        self._offset_given = False
        self._open: Connected | None = None
        self._is_silent = False
        self._last_sign = time.monotonic()
        decisions, predictions, status = (
            StreamQuery(f"{name}-{kind}") for kind in ("decisions", "predictions", "status")
        )
        self._streams: tuple[OneStream[Any], ...] = (
            OneStream(
                decisions, DecisionInlet, self._on_engine, self._on_decisions,
                self._on_engine_gone, report, self._stop,
            ),
            OneStream(
                predictions, PredictionInlet, self._on_classes, self._on_others, _ignore, report,
                self._stop,
            ),
            OneStream(
                status, StatusInlet, self._on_status, self._on_others, _ignore, report, self._stop
            ),
        )  # fmt: skip
        self._status = self._streams[-1]
        for stream in self._streams:
            stream.start()

    @property
    def connected(self) -> bool:
        """True between `Connected` and `Lost`."""
        return self._open is not None and not self._is_silent

    @property
    def last_sign(self) -> float:
        """Time of the engine's newest message, on the clock of `time.monotonic`, in seconds."""
        return self._last_sign

    def poll(self, timeout: float = 0.0) -> list[EngineEvent]:
        """Return the events since the last call, in order; wait up to ``timeout`` s for the first.

        Raises `StreamError` if the thread of a stream has ended by an internal error.
        """
        ended = [each.name for each in self._streams if not each.is_alive()]
        if ended and not self._stop.is_set():
            raise StreamError(f"{ended[0]} is no longer followed; start the bridge again")
        with self._changed:
            if not (self._decisions or self._others):
                wait_s = timeout
                if self.connected:
                    wait_s = min(timeout, max(_LOOK_S, self._silent_at - time.monotonic()))
                self._changed.wait(wait_s)
            self._look_for_silence()
            came = [each for _, each in sorted(self._waiting, key=lambda pair: pair[0])]
            self._decisions.clear()
            self._others.clear()
        for event in came:
            if isinstance(event, Connected):
                self._report(f"connected to engine {self.name!r}")
            elif isinstance(event, Lost):
                self._report(f"engine {self.name!r} {event.reason}")
        return came

    def close(self) -> None:
        """Disconnect from the streams."""
        self._stop.set()
        for stream in self._streams:
            stream.join(_JOIN_S)

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _waiting(self) -> list[tuple[int, EngineEvent]]:
        return [*self._decisions, *self._others]

    @property
    def _silent_at(self) -> float:
        return self._last_sign + self._silent_s

    def _look_for_silence(self) -> None:
        if not self.connected or time.monotonic() < self._silent_at:
            return
        # Only the status arrives regularly. If this program itself was blocked, the messages that
        # arrived meanwhile must be processed first.
        looks = [each.looked_at for each in self._streams if each.looked_at is not None]
        if self._status.looked_at is not None and min(looks, default=-math.inf) >= self._silent_at:
            self._is_silent = True
            self._end(f"sends nothing for {self._silent_s:g} s")

    def _end(self, reason: str) -> None:
        """Add the offset of the decision that holds, if any, and the event `Lost`."""
        if self._held is not None:
            self._add(DecisionEvent("offset", None, None, local_clock(), self._held))
            self._held, self._offset_given = None, True
        self._add(Lost(reason))

    def _sign(self) -> None:
        """Record the arrival of a message; an engine that was silent is connected again."""
        self._last_sign = time.monotonic()
        if self._is_silent:
            self._is_silent = False
            if self._open is not None:
                self._add(self._open)

    def _add(self, event: EngineEvent) -> None:
        self._n_events += 1
        is_rare = isinstance(event, Connected | Lost | DecisionEvent)
        queue, most = (self._decisions, _MAX_DECISIONS) if is_rare else (self._others, _MAX_OTHERS)
        if len(queue) >= most:
            queue.popleft()
            self.dropped += 1
        queue.append((self._n_events, event))
        self._changed.notify()

    def _on_engine(self, inlet: DecisionInlet) -> None:
        with self._changed:
            self._open, self._is_silent, self._offset_given = (
                Connected(inlet.simulated),
                False,
                False,
            )
            self._last_sign = time.monotonic()
            self._add(self._open)

    def _on_decisions(self, events: list[DecisionEvent]) -> None:
        with self._changed:
            self._sign()
            for event in events:
                given, self._offset_given = self._offset_given, False
                if given and event.event == "offset":
                    continue
                self._held = event.label
                self._add(event)

    def _on_engine_gone(self) -> None:
        with self._changed:
            was_connected, self._open = self.connected, None
            if was_connected:
                self._end("was lost")

    def _on_status(self, _: StatusInlet) -> None:
        with self._changed:
            self._last_sign = time.monotonic()

    def _on_classes(self, inlet: PredictionInlet) -> None:
        with self._changed:
            self._add(Classes(inlet.classes, inlet.simulated))

    def _on_others(self, events: list[ReceivedPrediction | Status]) -> None:
        with self._changed:
            self._sign()
            for event in events:
                if isinstance(event, ReceivedPrediction | EngineStatus):
                    self._add(event)


def _ignore(*_: object) -> None:
    """Do nothing: the events of this stream itself have no user."""
