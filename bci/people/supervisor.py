"""The supervisor: an engine for each person, one recorder for all, one clock table."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bci.errors import BciError, RecordingError
from bci.lsl.engine_streams import StatusOutlet
from bci.messages import AnyEvent, ErrorEvent, NoteEvent, PeopleStatus, Person, RecordingEvent
from bci.people.child import ForkedCommand
from bci.people.clock_table import EngineStatuses, people_status, person_of
from bci.people.engine_process import EngineProcess
from bci.people.group import Member

RECORDER = "recorder"
"""Name that the recorder's events are reported by."""

_POLL_S = 0.05
_STATUS_EVERY_S = 1.0
# An engine ends within a tenth of a second, on a busy computer within a few.
_ENDING_S = 5.0
_RECORDING_S = 60.0
# A recorder has found and opened the streams within this, in seconds.
_ATTACHED_S = 2.0

Report = Callable[[str, AnyEvent], None]


class Supervisor:
    """Run the engines of several people until it is stopped, or none of them runs.

    Each engine is a process: one that dies is started again, and the others continue. All listen on
    this computer, so the offsets of their streams' clocks are to one and the same clock.

    Parameters
    ----------
    members : sequence of Member
    options : tuple of str
        Options of ``bci run`` that hold for every engine.
    report : callable
        Gets each event of an engine or the recorder, with its name.
    on_people : callable
        Gets the table when an engine comes, goes or first knows its clock, and at the end.
    record : path, optional
        A new XDF file for all streams on the network.
    """

    def __init__(
        self,
        members: Sequence[Member],
        options: tuple[str, ...],
        report: Report,
        on_people: Callable[[PeopleStatus], None],
        record: Path | None = None,
    ) -> None:
        self._engines = {
            member.name: EngineProcess(member, options, self._on_event) for member in members
        }
        self._report = report
        self._on_people = on_people
        self._record = record
        self._recorder: ForkedCommand | None = None
        self._refusal = ""
        self._shown: object = None
        self._twins: set[tuple[str, str]] = set()
        self._people = {name: Person(name=name) for name in self._engines}

    @property
    def pids(self) -> dict[str, int]:
        """Number of each engine's process; 0 where none runs."""
        return {name: engine.pid for name, engine in self._engines.items()}

    def run(self, stop: threading.Event, lines: "queue.SimpleQueue[str] | None" = None) -> None:
        """Run all engines; return soon after ``stop`` is set.

        A line ``NAME use FOLDER`` is passed to the engine of that name; ``table`` passes the table
        of people to ``on_people``.

        Raises `RecordingError` if the recording cannot begin, and `BciError` if every engine has
        ended by itself.
        """
        statuses = EngineStatuses(tuple(self._engines))
        # Two sessions on one computer run engines of different names.
        own = f"{','.join(self._engines)}-people-status@{socket.gethostname()}"
        outlet = StatusOutlet("people", own)
        try:
            # Before the engines, so that it has every sample that they decode.
            self._begin_recording(stop)
            if not stop.is_set():
                for engine in self._engines.values():
                    engine.start()
                self._watch(stop, lines or queue.SimpleQueue(), statuses, outlet)
        finally:
            self._end()
            outlet.close()
            statuses.close()
        if not stop.is_set():
            raise BciError(f"no engine runs any more{self._refusal}")

    def _begin_recording(self, stop: threading.Event) -> None:
        if self._record is None:
            return
        self._recorder = ForkedCommand(("record", "--output", str(self._record)))
        deadline = time.monotonic() + _RECORDING_S
        while not stop.wait(_POLL_S):
            ended = self._recorder.code is not None
            for event in self._recorder.events():
                if isinstance(event, ErrorEvent):
                    raise RecordingError(event.text)
                self._report(RECORDER, event)
                if isinstance(event, RecordingEvent):
                    stop.wait(_ATTACHED_S)
                    return
            if ended or time.monotonic() > deadline:
                raise RecordingError(
                    f"{self._record}: the recorder did not begin ({self._recorder.last_words()})"
                )

    def _watch(
        self,
        stop: threading.Event,
        lines: "queue.SimpleQueue[str]",
        statuses: EngineStatuses,
        outlet: StatusOutlet,
    ) -> None:
        due = 0.0
        while not stop.wait(_POLL_S):
            for engine in self._engines.values():
                engine.poll()
            self._poll_recorder()
            self._describe(statuses)
            while not lines.empty():
                self._obey(lines.get())
            if (now := time.monotonic()) >= due:
                due = now + _STATUS_EVERY_S
                outlet.push(people_status(self._people.values()))
            self._show_changes()
            if not any(engine.is_running for engine in self._engines.values()):
                return

    def _describe(self, statuses: EngineStatuses) -> None:
        newest = statuses.poll()
        for name, engine in self._engines.items():
            if (status := newest.get(name)) is not None and engine.is_running:
                # A wrong profile or model ends it before its first status.
                engine.worked = True
                self._people[name] = person_of(name, status, engine.restarts)
            elif not engine.is_running:
                self._people[name] = self._people[name].model_copy(update={"state": "ended"})
            elif self._people[name].state == "ended" or engine.restarts != (
                self._people[name].restarts
            ):
                self._people[name] = Person(name=name, restarts=engine.restarts)

    def _show_changes(self) -> None:
        """Pass the table to ``on_people`` if a state, a restart or a known clock changed."""
        people = self._people.values()
        key = [(each.state, each.restarts, each.clock_error_s is None) for each in people]
        if key != self._shown:
            is_first = self._shown is None
            self._shown = key
            if not is_first:
                self._on_people(people_status(people))
        self._report_twins()

    def _report_twins(self) -> None:
        """Warn of two engines that decode one stream, which their selectors did not show."""
        by_stream: dict[tuple[str, str], str] = {}
        for each in self._people.values():
            stream = each.stream, each.source_id
            if not each.stream or each.state == "ended":
                continue
            other = by_stream.setdefault(stream, each.name)
            if other != each.name and (other, each.name) not in self._twins:
                self._twins.add((other, each.name))
                text = f"it decodes the stream {each.stream!r} ({each.source_id}), as {other} does"
                self._report(each.name, NoteEvent(text=f"{text}; give each its stream.source_id"))

    def _obey(self, line: str) -> None:
        # A name may hold spaces, and begin as another one does.
        named = [each for each in self._engines if line.startswith(f"{each} ")]
        if line == "table":
            self._on_people(people_status(self._people.values()))
        elif named:
            name = max(named, key=len)
            self._engines[name].send(line[len(name) + 1 :])
        else:
            names = ", ".join(self._engines)
            text = f"{line!r:.80} is not understood; write 'table', or 'NAME use FOLDER' ({names})"
            self._report("", NoteEvent(text=text))

    def _on_event(self, name: str, event: AnyEvent) -> None:
        if isinstance(event, ErrorEvent):
            self._refusal = f": {name}: {event.text}"
        self._report(name, event)

    def _poll_recorder(self) -> None:
        if (recorder := self._recorder) is None:
            return
        code = recorder.code
        for event in recorder.events():
            self._report(RECORDER, event)
        if code is not None:
            self._recorder = None
            text = f"it ended with exit code {code}; the file is kept, and the engines continue"
            self._report(RECORDER, NoteEvent(text=text))

    def _end(self) -> None:
        """End the engines, then the recorder, so that it has their last messages."""
        for engine in self._engines.values():
            engine.close()
        engines = list(self._engines.values())
        if not _wait(lambda: not any(engine.is_running for engine in engines), self._poll_ending):
            for engine in engines:
                engine.kill()
        if self._shown is not None:
            self._on_people(people_status(self._people.values()))
        if self._recorder is None:
            return
        recorder = self._recorder
        recorder.close()
        if not _wait(lambda: recorder.code is not None, lambda: None):
            recorder.kill()
        for event in recorder.events():
            self._report(RECORDER, event)

    def _poll_ending(self) -> None:
        for engine in self._engines.values():
            engine.poll(stopping=True)


def _wait(is_done: Callable[[], bool], work: Callable[[], None]) -> bool:
    deadline = time.monotonic() + _ENDING_S
    while time.monotonic() < deadline:
        work()
        if is_done():
            return True
        time.sleep(_POLL_S / 5)
    return False
