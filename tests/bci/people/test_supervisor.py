"""The supervisor with idle processes; `test_two_people` has real ones."""

import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from bci.errors import BciError, RecordingError
from bci.messages import AnyEvent, EngineStatus, ErrorEvent, NoteEvent, PeopleStatus
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

    def last_words(self) -> str:
        return ""


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


class Waiting:
    """Statuses of engines that wait for their streams."""

    def __init__(self, names: tuple[str, ...]) -> None:
        status = EngineStatus(state="waiting for stream", model="noise")
        self._newest = dict.fromkeys(names, status)

    def poll(self) -> Mapping[str, EngineStatus]:
        return self._newest

    def close(self) -> None:
        pass


class Unknown(Waiting):
    """No engine has a status."""

    def poll(self) -> Mapping[str, EngineStatus]:
        return {}


@pytest.mark.parametrize(("statuses", "n_started"), [(Waiting, 3), (Unknown, 2)])
def test_an_engine_that_dies_is_restarted_if_it_had_a_status(
    started: list[Process], monkeypatch: pytest.MonkeyPatch, statuses: type, n_started: int
) -> None:
    monkeypatch.setattr(supervisor, "EngineStatuses", statuses)
    stop, tables, events = threading.Event(), list[PeopleStatus](), list[AnyEvent]()
    thread = threading.Thread(target=supervised(tables, events=events).run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: len(started) == 2)
        # Time for a status.
        stop.wait(0.3)
        started[0].code = -9
        wait_until(lambda: events)
    finally:
        stop.set()
        thread.join(30)
    assert len(started) == n_started
    text = events[0].text  # type: ignore[union-attr]
    restarts = statuses is Waiting
    assert ("it is started again" in text) == restarts
    assert ("it never published a status" in text) != restarts


# The installed command imports this module, and a forked process the script again.
SCRIPT = """
import time
from bci.__main__ import main
from bci.people.child import ForkedCommand

if __name__ == "__main__":
    child = ForkedCommand(("run", "no-such-profile"))
    while child.code is None:
        time.sleep(0.05)
    child._log.seek(0)
    print(child._log.read().decode())
"""


def test_a_forked_command_prints_no_warning_of_how_it_is_run(tmp_path: Path) -> None:
    script = tmp_path / "installed.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-P", script], capture_output=True, text=True, timeout=100, check=True
    )
    assert "there is no profile no-such-profile" in done.stdout
    assert "Warning" not in done.stdout


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
