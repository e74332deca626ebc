"""Statuses of several engines as one table: streams, clocks, losses and latencies."""

import queue
import threading
from collections.abc import Iterable, Mapping, Sequence

from bci.engine.outlets import source_id
from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.engine_streams import StatusInlet
from bci.messages import EngineStatus, PeopleStatus, Person


class EngineStatuses:
    """The newest status of each of several engines of this computer."""

    def __init__(self, names: Sequence[str]) -> None:
        # One watch for all: each costs a thread and queries on the network.
        self._watch = StreamWatch(StreamQuery(type="Status"))
        self._wanted = {source_id(name, "status"): name for name in names}
        self._opened: queue.SimpleQueue[tuple[str, StatusInlet]] = queue.SimpleQueue()
        self._unanswered: queue.SimpleQueue[str] = queue.SimpleQueue()
        # A stream that was lost is listed for a moment still, and not opened again.
        self._known: set[str] = set()
        self._inlets: dict[str, StatusInlet] = {}
        self._newest: dict[str, EngineStatus] = {}

    def poll(self) -> Mapping[str, EngineStatus]:
        """Look now; returns at once. An engine that is gone has no status."""
        for found in self._watch.poll():
            name = self._wanted.get(found.info.source_id)
            if name is not None and found.uid not in self._known:
                self._known.add(found.uid)
                # In a thread of its own, since a stream that hangs takes seconds to give up.
                threading.Thread(target=self._open, args=(name, found), daemon=True).start()
        while not self._opened.empty():
            name, opened = self._opened.get()
            if name in self._inlets:
                self._inlets[name].close()
            self._inlets[name] = opened
        while not self._unanswered.empty():
            self._known.discard(self._unanswered.get())
        for name in list(self._inlets):
            self._read(name)
        return self._newest

    def close(self) -> None:
        for inlet in self._inlets.values():
            inlet.close()

    def _open(self, name: str, found: FoundStream) -> None:
        try:
            self._opened.put((name, StatusInlet(found)))
        except StreamError:
            # It ended meanwhile, or a busy computer answered too late: it is looked for again.
            self._unanswered.put(found.uid)

    def _read(self, name: str) -> None:
        inlet = self._inlets[name]
        for status in inlet.pull():
            if isinstance(status, EngineStatus):
                self._newest[name] = status
        if not inlet.connected:
            inlet.close()
            del self._inlets[name]
            self._newest.pop(name, None)


def person_of(name: str, status: EngineStatus, restarts: int = 0) -> Person:
    """Describe one engine by its newest status."""
    return Person(
        name=name,
        state=status.state,
        restarts=restarts,
        stream=status.stream or "",
        source_id=status.source_id,
        clock_offset_s=status.clock_offset_s,
        clock_error_s=status.clock_error_s,
        clock_drift_ppm=status.clock_drift_ppm,
        samples=status.samples,
        lost_samples=status.lost_samples,
        latency_p50_ms=status.latency_p50_ms,
        latency_p99_ms=status.latency_p99_ms,
    )


def people_status(people: Iterable[Person]) -> PeopleStatus:
    """Put the people together; the error is that of the two worst clocks."""
    group = tuple(people)
    errors = sorted(each.clock_error_s for each in group if each.clock_error_s is not None)
    worst = sum(errors[-2:]) if len(errors) > 1 else None
    return PeopleStatus(people=group, error_s=worst)
