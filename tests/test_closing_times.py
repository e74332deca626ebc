"""Closing takes less than a second. The only tests that look at the clock, so they run alone."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from bci.errors import DeviceError
from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.outlet import SignalOutlet
from devices.file import ReplayDevice
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.main_window import MainWindow
from gui.options import DashboardOptions
from gui.processes.child import Command
from gui.replay.window import ReplayWindow
from gui.settings import DashboardSettings
from tests.devices.fieldtrip.test_fieldtrip import FieldTripServer, Writer, opened
from tests.devices.test_file import recording
from tests.gui.conftest import NO_DEVICES
from tests.gui.processes.test_program_buttons import WAITS
from tests.signals import eeg_info
from tests.streams import wait_until

pytestmark = pytest.mark.serial
LONG = 15_000
SLEEPS = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('stubborn', flush=True); time.sleep(60)",
)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail where the block takes longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Callable[..., MainWindow]:
    def open_one(name: str, *commands: Command, bci: tuple[str, ...] = NO_DEVICES) -> MainWindow:
        window = MainWindow(
            DashboardOptions(
                signal=StreamQuery(name=name),
                markers=StreamQuery(name=f"{name}-markers"),
                engine_name=f"{name}-engine",
                cue_of={}.get,
                commands=commands,
                bci=bci,
                recordings=tmp_path / "recordings",
                settings=tmp_path / "dashboard.json",
            )
        )
        qtbot.addWidget(window)
        window.show()
        return window

    return open_one


def test_closing_stops_children_and_threads(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, "closing"))
    window = open_window("closing", Command("replay", WAITS))
    window.processes[0].start()
    qtbot.waitUntil(lambda: "hello" in window.log.toPlainText(), timeout=LONG)
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=LONG)
    pid = window.processes[0].pid
    with within(1.0):
        window.close()
    assert not psutil.pid_exists(pid)
    assert window.feed.is_finished
    outlet.close()


def test_children_that_ignore_the_request_to_end_are_killed(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window("closing", Command("replay", STUBBORN), Command("engine", STUBBORN))
    for child in window.processes:
        child.start()
    qtbot.waitUntil(lambda: window.log.toPlainText().count("stubborn") == 2, timeout=LONG)
    pids = [child.pid for child in window.processes]
    with within(1.0):
        window.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_threads_that_hang_delay_closing_together_and_not_one_after_the_other(
    open_window: Callable[..., MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, answered = threading.Semaphore(0), threading.Event()

    def hang(_watch: StreamWatch) -> list[object]:
        hanging.release()
        answered.wait()
        return []

    monkeypatch.setattr(StreamWatch, "poll", hang)
    window = open_window("closing")
    # Of the signal, markers, predictions, decisions, status, streams listed and recorders.
    for _ in range(7):
        assert hanging.acquire(timeout=10)
    # One after the other they would take 2.4 s.
    with within(2.0):
        window.close()
    assert not window.feed.is_finished
    answered.set()
    qtbot.waitUntil(lambda: window.feed.is_finished, timeout=20_000)


def test_closing_waits_for_no_recorder(open_window: Callable[..., MainWindow]) -> None:
    window = open_window("closing", bci=(sys.executable, "-c", "import time; time.sleep(3)"))
    window.record_bar.button.click()
    with within(1.0):
        window.close()


def test_closing_the_replay_stops_a_run_and_a_reading(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "run-01_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=1), 1), file)
    settings = DashboardSettings(tmp_path / "dashboard.json")
    window = ReplayWindow(SLEEPS, tmp_path, settings, lambda _: None)
    qtbot.addWidget(window)
    window.show()
    window.run.start(tmp_path / "model", file, ("left", "right"))
    child = window.run.child
    assert child is not None
    qtbot.waitUntil(lambda: child.pid > 0, timeout=LONG)
    pid = child.pid
    window.open(file)
    with within(1.0):
        window.stop()
    assert not psutil.pid_exists(pid)


def test_a_fieldtrip_server_that_dies_is_noticed_within_seconds() -> None:
    with FieldTripServer() as server:
        Writer(server.port).put_header(3, 250.0)
        with opened(server.port) as device:
            threading.Timer(0.1, server.stop).start()
            with within(3.0), pytest.raises(DeviceError, match="lost the FieldTrip buffer"):
                wait_until(lambda: device.read(30.0) is None)


def test_a_read_of_a_file_never_waits_longer_than_it_may() -> None:
    device = ReplayDevice(recording(2500, lost=slice(1, 2000)), speed=1.0)
    device.open()
    for _ in range(5):
        with within(1.0):
            device.read(0.05)
