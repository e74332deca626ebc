"""The supervisor with idle processes; `test_two_people` has real ones."""

import queue
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from bci.errors import BciError, RecordingError
from bci.messages import AnyEvent, ErrorEvent, NoteEvent, PeopleStatus
from bci.people import child, engine_process, supervisor
from bci.people.group import Member
from bci.people.supervisor import Supervisor
from tests.streams import wait_until


class Process:
    """A command that does nothing until it is closed."""

    started: ClassVar[list["Process"]] = []
    refuses = ""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self.arguments, self.sent = arguments, list[str]()
        self.code: int | None = None
        self.pid = 1
        self.started.append(self)

    def events(self) -> list[AnyEvent]:
        text, self.refuses = self.refuses, ""
        return [ErrorEvent(text=text)] if text else []

    def send(self, line: str) -> None:
        self.sent.append(line)

    def close(self) -> None:
        self.code = 0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    monkeypatch.setattr(Process, "started", [])
    monkeypatch.setattr(engine_process, "ForkedCommand", Process)
    monkeypatch.setattr(supervisor, "ForkedCommand", Process)
    return Process.started


def supervised(
    tables: list[PeopleStatus], record: Path | None = None, events: list[AnyEvent] | None = None
) -> Supervisor:
    members = [Member(name, f"{name}.yaml") for name in ("ann", "ann b")]
    kept = [] if events is None else events
    return Supervisor(members, (), lambda _name, event: kept.append(event), tables.append, record)


def test_a_command_goes_to_the_engine_whose_name_holds_a_space(started: list[Process]) -> None:
    stop, lines = threading.Event(), queue.SimpleQueue[str]()
    thread = threading.Thread(target=supervised([]).run, args=(stop, lines))
    thread.start()
    lines.put("ann b use models/new")
    lines.put("ann use models/old")
    try:
        wait_until(lambda: sum(len(each.sent) for each in started) == 2)
    finally:
        stop.set()
        thread.join(30)
    assert [each.sent for each in started] == [["use models/old"], ["use models/new"]]


def test_no_engine_is_started_after_the_stop(started: list[Process], tmp_path: Path) -> None:
    stop, tables = threading.Event(), list[PeopleStatus]()
    stop.set()
    supervised(tables, tmp_path / "both.xdf").run(stop)
    assert [each.arguments[0] for each in started] == ["record"]
    assert not tables


def test_a_recorder_that_refuses_ends_the_session_with_one_error(
    started: list[Process], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Process, "refuses", "both.xdf exists already")
    tables, events = list[PeopleStatus](), list[AnyEvent]()
    session = supervised(tables, tmp_path / "both.xdf", events)
    with pytest.raises(RecordingError, match="exists already"):
        session.run(threading.Event())
    assert len(started) == 1
    assert not tables
    assert not events


def test_an_engine_that_cannot_be_started_ends_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_memory(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(child, "_forked", no_memory)
    monkeypatch.setattr(child, "_spawned", no_memory)
    events: list[AnyEvent] = []
    members = [Member("ann", "ann.yaml")]
    run = Supervisor(members, (), lambda _name, event: events.append(event), lambda _: None).run
    with pytest.raises(BciError, match="no engine runs any more"):
        run(threading.Event())
    assert isinstance(events[-1], NoteEvent)
    assert "did not start: [Errno 12] Cannot allocate memory" in events[-1].text
