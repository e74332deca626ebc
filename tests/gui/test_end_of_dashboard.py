"""A dashboard that ends during a recording, in its own process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from tests.gui.conftest import NO_DEVICES
from tests.gui.record.test_controller import samples_in

OpenWindow = Callable[..., MainWindow]
LONG = 20_000
# A dashboard that connects the simulator, records it, and prints so.
DASHBOARD = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from bci.lsl.discovery import StreamQuery
from gui import app, main_window

name, folder = sys.argv[1], Path(sys.argv[2])

class Window(main_window.MainWindow):
    def __init__(self, options):
        super().__init__(options)
        self.connect_panel.device_wanted.emit("simulator", {"name": name})
        self.feed.signal_found.connect(lambda _: self.record_bar.start_wanted.emit())
        self.recording.link.changed.connect(self.tell)
    def tell(self, status):
        if status is not None and name in status.streams:
            print(self.connecting.processes[0].pid, flush=True)

app.MainWindow = Window
app.run_dashboard(app.DashboardOptions(
    StreamQuery(name=name), None, name + "-engine", {}.get, recordings=folder / "recordings",
    recorded=(name,), settings=folder / "first.json",
))
"""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="ends it by a signal")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_recording_outlives_the_dashboard_and_the_next_one_finds_it(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path, end: signal.Signals
) -> None:
    argv = (sys.executable, "-c", DASHBOARD, name, str(tmp_path))
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        source = psutil.Process(int(first.stdout.readline()))
        first.send_signal(end)
        first.wait(10)
    window = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: "Stop" in window.record_bar.button.text(), timeout=LONG)
    status = window.recording.status
    assert status is not None
    assert status.streams == (name,)
    qtbot.waitUntil(lambda: window.tabs.samples_end > 500, timeout=LONG)
    window.record_bar.button.click()
    qtbot.waitUntil(lambda: "Record" in window.record_bar.button.text(), timeout=LONG)
    assert len(samples_in(Path(status.file))[name]) > 500
    # No program shows or records it any more.
    assert source.is_running()
    window.close()
    source.wait(10)
