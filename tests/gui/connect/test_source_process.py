"""The source that a dashboard starts, without the window."""

import os
import sys

import pytest
from pytestqt.qtbot import QtBot

from gui.connect.source_process import SourceProcess
from gui.processes.child import Command

LONG = 40_000
# A program that streams at once, and crashes when its input has a line.
STREAMS = """
import json, os, sys
print(json.dumps({"event": "streaming", "stream": "amp", "n_channels": 2, "sfreq": 100.0,
                  "simulated": True}), flush=True)
sys.stdin.readline()
os.abort()
"""


class Reported:
    """A source, and the signals that it emitted."""

    def __init__(self) -> None:
        self.source = SourceProcess()
        self.lines: list[str] = []
        self.streams: list[str] = []
        self.failures: list[str] = []
        self.source.logged.connect(self.lines.append)
        self.source.streaming.connect(self.streams.append)
        self.source.failed.connect(self.failures.append)


@pytest.fixture
def reported(qtbot: QtBot) -> Reported:
    return Reported()


def test_a_source_that_never_streamed_is_not_started_again(
    reported: Reported, qtbot: QtBot
) -> None:
    crashes = (sys.executable, "-c", "import os; os.abort()")
    reported.source.open(Command("cyton", crashes))
    assert reported.source.state == "cyton: connecting ..."
    qtbot.waitUntil(lambda: bool(reported.failures), timeout=LONG)
    assert "cyton ended by itself" in reported.failures[0]
    assert "died at once" in reported.failures[0]
    assert "press Connect (Ctrl+D)" in reported.failures[0]
    assert not reported.source.is_active
    assert reported.source.state == ""


@pytest.mark.skipif(os.name != "posix", reason="crashes by a signal")
def test_a_source_that_crashes_streams_again_and_is_still_ours_to_disconnect(
    reported: Reported, qtbot: QtBot
) -> None:
    source = reported.source
    source.open(Command("cyton", (sys.executable, "-c", STREAMS)))
    qtbot.waitUntil(lambda: reported.streams == ["amp"], timeout=LONG)
    assert source.state == "cyton is connected"
    assert reported.lines == ["cyton: streaming amp: 2 channels, 100 Hz, simulated"]
    assert source.gives(("amp",))
    assert source.child is not None
    with qtbot.waitSignal(source.back, timeout=LONG):
        source.child.write_line("crash")
        qtbot.waitUntil(lambda: bool(reported.failures), timeout=LONG)
        assert source.is_restarting
        assert source.state == "cyton: starting again ..."
    assert reported.failures[0].endswith("It is started again.")
    assert source.state == "cyton is connected"
    # The stream is the same, so `streaming` is not emitted again.
    assert reported.streams == ["amp"]
    source.close()
    qtbot.waitUntil(lambda: not source.is_active, timeout=LONG)
    assert source.is_ending("amp")
    assert len(reported.failures) == 1
