"""Child processes: events, log lines, ends, and processes that outlive the program."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QDeadlineTimer
from pytestqt.qtbot import QtBot

from bci.messages import ErrorEvent, NoteEvent, ProgressEvent, WarningEvent
from gui.processes import child as process
from gui.processes.child import Child, Command, has_left_any, stop_all

LONG = 10_000
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(60)"
)


def python(code: str) -> Command:
    return Command("helper", (sys.executable, "-c", code))


class Heard:
    """A child, and the signals that it emitted."""

    def __init__(self, code: str, outlives: bool = False) -> None:
        self.child = Child(python(code), outlives=outlives)
        self.events: list[object] = []
        self.lines: list[str] = []
        self.deaths: list[str] = []
        self.child.reported.connect(self.events.append)
        self.child.logged.connect(self.lines.append)
        self.child.died.connect(self.deaths.append)

    def run(self, qtbot: QtBot) -> None:
        self.child.start()
        qtbot.waitUntil(lambda: not self.child.is_running, timeout=LONG)


@pytest.fixture
def left() -> Iterator[list[Child]]:
    """Yield a list of children, which are killed at the end."""
    children: list[Child] = []
    yield children
    for child in children:
        child.give_up()
        child.wait(QDeadlineTimer(1000))


def test_output_is_split_into_events_and_log_lines(qtbot: QtBot) -> None:
    heard = Heard(
        """
import sys
print('{"event": "progress", "doing": "reading", "done": 1, "of": 5, "later": true}')
print('{"event": "warning", "text": "no markers"}')
print('{"event": "note", "text": "two copies"}')
print('{"event": "progress", "doing": 3}')
print('{"event": "unknown"}')
print('a sentence')
print('of the log', file=sys.stderr)
print('{"event": "progress", "doing": "on stderr", "done": 1, "of": 5}', file=sys.stderr)
"""
    )
    heard.run(qtbot)
    assert heard.events == [
        ProgressEvent(doing="reading", done=1, of=5), WarningEvent(text="no markers"),
        NoteEvent(text="two copies"),
    ]  # fmt: skip
    for line in ("two copies", "a sentence", "of the log", '{"event": "unknown"}'):
        assert f"helper: {line}" in heard.lines
    assert len(heard.lines) == 6


def test_an_error_event_is_the_reason_of_the_end(qtbot: QtBot) -> None:
    heard = Heard(
        """
import sys
print('{"event": "error", "text": "x.xdf: damaged."}')
print('cleaning up', file=sys.stderr)
sys.exit(2)
"""
    )
    heard.run(qtbot)
    assert heard.events == [ErrorEvent(text="x.xdf: damaged.")]
    assert heard.child.exit_code == 2
    assert heard.deaths == ["The helper ended by itself: x.xdf: damaged"]


def test_without_an_error_event_the_last_line_of_the_log_is_the_reason(qtbot: QtBot) -> None:
    heard = Heard("import sys; print('first', file=sys.stderr); sys.exit('error: no battery')")
    heard.run(qtbot)
    assert heard.deaths == ["The helper ended by itself: no battery"]
    assert not heard.child.has_crashed


@pytest.mark.skipif(os.name != "posix", reason="ends it by a signal")
def test_a_surviving_child_reports_through_a_file_until_its_end(
    qtbot: QtBot, left: list[Child]
) -> None:
    heard = Heard(
        """
import os, sys
print(os.getsid(0) == os.getpid(), sys.stdin.read() == "", flush=True)
print('{"event": "warning", "text": "no markers"}', flush=True)
print('on stderr', file=sys.stderr, flush=True)
import time; time.sleep(60)
""",
        outlives=True,
    )
    left.append(heard.child)
    heard.child.start()
    qtbot.waitUntil(lambda: len(heard.lines) == 2, timeout=LONG)
    # The child has its own session, and an empty standard input.
    assert heard.lines[0] == "helper: True True"
    assert heard.events == [WarningEvent(text="no markers")]
    assert has_left_any()
    pid = heard.child.pid
    assert not [f for f in psutil.Process(pid).open_files() if "bci-helper" not in f.path]
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(heard.deaths), timeout=LONG)
    assert heard.child.has_crashed
    assert heard.child.exit_code == signal.SIGKILL
    assert "its last line: on stderr" in heard.deaths[0]
    assert not has_left_any()


def test_a_child_that_is_left_continues_after_its_owner_is_gone(
    qtbot: QtBot, left: list[Child]
) -> None:
    heard = Heard("print('up', flush=True); import time; time.sleep(60)", outlives=True)
    heard.child.start()
    qtbot.waitUntil(lambda: bool(heard.lines), timeout=LONG)
    pid = heard.child.pid
    heard.child.leave()
    with qtbot.waitSignal(heard.child.destroyed):
        heard.child.deleteLater()
    other = psutil.Process(pid)
    assert other.is_running()
    other.kill()
    qtbot.waitUntil(lambda: not has_left_any(), timeout=LONG)
    assert heard.deaths == []


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of temporary files."""
    monkeypatch.setattr(process.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_log_file_of_one_that_ended_is_removed(qtbot: QtBot, temporary: Path) -> None:
    heard = Heard("print('without an end', end='')", outlives=True)
    heard.run(qtbot)
    assert heard.lines == ["helper: without an end"]
    assert list(temporary.iterdir()) == []


def test_a_log_file_that_is_removed_meanwhile_is_read_on(qtbot: QtBot, temporary: Path) -> None:
    go = temporary / "go"
    code = f"""
import time
from pathlib import Path
print('first', flush=True)
while not Path({str(go)!r}).exists(): time.sleep(0.01)
print('second')
"""
    heard = Heard(code, outlives=True)
    heard.child.start()
    qtbot.waitUntil(lambda: bool(heard.lines), timeout=LONG)
    for file in temporary.glob("*.log"):
        file.unlink()
    go.touch()
    qtbot.waitUntil(lambda: not heard.child.is_running, timeout=LONG)
    assert heard.lines == ["helper: first", "helper: second"]


def test_a_running_child_is_asked_to_end_and_a_stopped_one_killed(qtbot: QtBot) -> None:
    heard = Heard(STUBBORN)
    heard.child.start()
    qtbot.waitUntil(lambda: bool(heard.lines), timeout=LONG)
    heard.child.request_end()
    assert not heard.child._insist.isActive()
    stop_all([heard.child])
    assert not heard.child.is_running
    assert heard.deaths == []
