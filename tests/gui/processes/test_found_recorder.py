"""The recorder that a window starts or finds."""

import gc
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import StatusOutlet
from bci.messages import RecordedStream, RecorderStatus
from gui.processes.recorder import RecorderLink

LONG = 15_000


@pytest.fixture
def link(qtbot: QtBot) -> Iterator[RecorderLink]:
    """A link that looks for recorders."""
    link = RecorderLink()
    link.start()
    yield link
    link.stop(2.0)


def publish(qtbot: QtBot) -> StatusOutlet:
    """The status of a recorder, found by a link."""
    outlet = StatusOutlet("recorder", "pretends")
    qtbot.waitUntil(lambda: outlet._outlet.have_consumers(), timeout=LONG)
    return outlet


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
    status = publish(qtbot)
    lines: list[str] = []
    link.logged.connect(lines.append)
    streams = (RecordedStream(name="amp", samples=500, sfreq=250.0),)
    with qtbot.waitSignal(link.changed, timeout=LONG) as came:
        status.push(RecorderStatus(pid=1, file="a.xdf", elapsed_s=2.0, n_bytes=9, streams=streams))
    assert came.args[0].regular == (("amp", 500),)
    with qtbot.waitSignal(link.changed, timeout=LONG) as went:
        status.close()
    assert went.args == [None]
    assert lines == ["recorder: found one that writes a.xdf", "recorder: a.xdf has ended"]


def test_a_status_that_names_another_program_stops_nothing(
    link: RecorderLink, qtbot: QtBot
) -> None:
    status = publish(qtbot)
    other = subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE)
    with qtbot.waitSignal(link.changed, timeout=LONG) as came:
        status.push(RecorderStatus(pid=other.pid, file="x.xdf", elapsed_s=1.0, n_bytes=0))
    with qtbot.waitSignal(link.failed, timeout=LONG) as refused:
        link.end(came.args[0])
    assert "is no recorder" in refused.args[0]
    assert other.poll() is None
    other.communicate(b"\n")
    status.close()


def test_a_recorder_of_another_version_is_reported_as_one(link: RecorderLink, qtbot: QtBot) -> None:
    status = publish(qtbot)
    found: list[object] = []
    link.changed.connect(found.append)
    with qtbot.waitSignal(link.unread, timeout=LONG) as unread:
        status._outlet.push_sample(['{"task": "recording", "pid": 7, "file": "x.xdf", "bytes": 3}'])
    assert "The status of a recorder cannot be read" in unread.args[0]
    assert found == []
    status.close()
