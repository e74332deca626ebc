"""Recorders that a window starts or finds on the network."""

import gc
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.recorders import FoundRecorder
from bci.messages import RecordedStream, RecorderStatus
from gui.processes.recorder import RecorderLink

LONG = 15_000


@pytest.fixture
def link(qtbot: QtBot) -> Iterator[RecorderLink]:
    """Yield a link that searches for recorders."""
    link = RecorderLink()
    link.start()
    yield link
    link.stop(2.0)


@contextmanager
def recorder(status: RecorderStatus | str) -> Iterator[StatusOutlet]:
    """Run a recorder that repeats its status."""
    outlet, timer = StatusOutlet("recorder", "pretends"), QTimer(interval=50)
    line = status if isinstance(status, str) else status.line()
    # Repeated, since the first reader may be another window's link, or may reconnect.
    timer.timeout.connect(lambda: outlet._outlet.push_sample([line]))
    timer.start()
    try:
        yield outlet
    finally:
        timer.stop()
        outlet.close()


def test_link_that_nobody_holds_goes_while_its_recorder_runs(qtbot: QtBot) -> None:
    link = RecorderLink()
    with qtbot.waitSignal(link.logged, timeout=20_000):
        link.start_recorder(
            (sys.executable, "-c", "print('x', flush=True); import time; time.sleep(60)")
        )
    pid, held = link.own_pid, weakref.ref(link)
    del link
    gc.collect()
    try:
        assert held() is None
    finally:
        os.kill(pid, signal.SIGTERM)


def test_a_recorder_is_reported_when_it_comes_and_when_it_goes(
    link: RecorderLink, qtbot: QtBot
) -> None:
    lines: list[str] = []
    changes: list[FoundRecorder | None] = []
    link.logged.connect(lines.append)
    link.changed.connect(changes.append)
    streams = (RecordedStream(name="amp", samples=500, sfreq=250.0),)
    status = RecorderStatus(pid=1, file="a.xdf", elapsed_s=2.0, n_bytes=9, streams=streams)
    with recorder(status):
        qtbot.waitUntil(lambda: bool(changes), timeout=LONG)
    qtbot.waitUntil(lambda: len(changes) == 2, timeout=LONG)
    assert changes[0] is not None
    assert changes[0].regular == (("amp", 500),)
    assert changes[1] is None
    assert lines == ["recorder: found one that writes a.xdf", "recorder: a.xdf has ended"]


def test_a_status_that_names_another_program_stops_nothing(
    link: RecorderLink, qtbot: QtBot
) -> None:
    other = subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE)
    status = RecorderStatus(pid=other.pid, file="x.xdf", elapsed_s=1.0, n_bytes=0)
    with recorder(status), qtbot.waitSignal(link.changed, timeout=LONG) as came:
        pass
    with qtbot.waitSignal(link.failed, timeout=LONG) as refused:
        link.end(came.args[0])
    assert "is no recorder" in refused.args[0]
    assert other.poll() is None
    other.communicate(b"\n")


def test_a_recorder_of_another_version_is_reported_as_one(link: RecorderLink, qtbot: QtBot) -> None:
    found: list[object] = []
    reasons: list[str] = []
    link.changed.connect(found.append)
    link.unread.connect(reasons.append)
    with recorder('{"task": "recording", "pid": 7, "file": "x.xdf", "bytes": 3}'):
        qtbot.waitUntil(lambda: bool(reasons), timeout=LONG)
    assert len(reasons) == 1
    assert "The status of a recorder cannot be read" in reasons[0]
    assert found == []
