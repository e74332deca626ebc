"""The record bar and its controller, with real recorders, without the window."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pyxdf
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.commands import bci_command
from bci.lsl.outlet import SignalOutlet
from bci.lsl.recorders import FoundRecorder
from gui.record import controller
from gui.record.bar import RecordBar
from gui.record.controller import RecordController
from gui.record.run_recorder import RunRecorder
from gui.settings import DashboardSettings
from tests.signals import eeg_info, noise
from tests.streams import send

LONG = 15_000
NO_BCI = ("/no/such/python",)


def samples_in(file: Path) -> dict[str, Any]:
    streams, _ = pyxdf.load_xdf(str(file))
    return {stream["info"]["name"][0]: stream["time_series"] for stream in streams}


class Room:
    """A bar with its controller, which records the stream ``name``, and its signals."""

    def __init__(self, name: str, folder: Path, bci: tuple[str, ...], listed: bool = True) -> None:
        self.bar = RecordBar({"subject": "01", "task": "rest"})
        self.settings = DashboardSettings(folder / "dashboard.json")
        self.controller = RecordController(
            self.bar, bci, folder / "recordings", (name,), self.settings,
            lambda: (name,) if listed else (),
        )  # fmt: skip
        self.lines: list[str] = []
        self.problems: list[str] = []
        self.controller.logged.connect(self.lines.append)
        self.controller.problem.connect(self.problems.append)
        self.bar.show()

    @property
    def status(self) -> FoundRecorder:
        assert self.controller.status is not None
        return self.controller.status

    def records(self, name: str) -> bool:
        status = self.controller.status
        return status is not None and name in status.streams

    def record(self, qtbot: QtBot, name: str) -> FoundRecorder:
        """Press Record, and wait until the stream ``name`` is recorded."""
        self.bar.button.click()
        qtbot.waitUntil(lambda: self.records(name), timeout=LONG)
        return self.status

    def stop(self, qtbot: QtBot) -> None:
        """Press Stop, since the recorder would outlive its test."""
        self.bar.button.click()
        qtbot.waitUntil(self.bar.saved.isVisible, timeout=LONG)

    def close(self) -> None:
        self.controller.link.retire()
        self.controller.stop(2.0)
        self.bar.close()


OpenRoom = Callable[..., Room]


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path, name: str) -> Iterator[OpenRoom]:
    """Yield a function that opens bars, which record the stream ``name``."""
    rooms: list[Room] = []

    def open_one(bci: tuple[str, ...] = bci_command(), listed: bool = True) -> Room:
        rooms.append(Room(name, tmp_path, bci, listed))
        qtbot.addWidget(rooms[-1].bar)
        return rooms[-1]

    yield open_one
    for each in rooms:
        each.close()


@pytest.fixture
def outlet(name: str) -> Iterator[SignalOutlet]:
    """Open the outlet of the stream ``name``."""
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    yield outlet
    outlet.close()


def test_the_red_button_writes_a_file_that_opens(
    room: OpenRoom, qtbot: QtBot, name: str, tmp_path: Path, outlet: SignalOutlet
) -> None:
    opened = room()
    bar = opened.bar
    bar.fields["subject"].setText("07")
    qtbot.keyClicks(bar.fields["session"], "1-2")
    assert bar.fields["session"].text() == "12"
    bar.fields["task"].clear()
    assert not bar.button.isEnabled()
    bar.fields["task"].setText("blinks")
    bar.button.click()
    assert not bar.button.isEnabled()
    qtbot.waitUntil(lambda: name in bar.details.text(), timeout=LONG)
    assert "Stop" in bar.button.text()
    send(outlet, noise(500, 4))
    size = opened.status.n_bytes
    qtbot.waitUntil(lambda: opened.status.n_bytes > size + 8000, timeout=LONG)
    qtbot.waitUntil(bar.note.isEnabled, timeout=LONG)
    qtbot.keyClicks(bar.note, "he blinked")
    qtbot.keyClick(bar.note, Qt.Key.Key_Return)
    assert bar.note.text() == ""
    size = opened.status.n_bytes
    qtbot.waitUntil(lambda: opened.status.n_bytes > size, timeout=LONG)
    bar.button.click()
    qtbot.waitUntil(bar.saved.isVisible, timeout=LONG)
    assert "Record" in bar.button.text()
    file = tmp_path / "recordings/sub-07/ses-12/eeg/sub-07_ses-12_task-blinks_run-01_eeg.xdf"
    assert file.name in bar.saved.text.text()
    # The dialog of Recordings begins there, too.
    assert opened.settings.replay_file == str(file)
    qtbot.waitUntil(lambda: any(f"{file}:" in line for line in opened.lines), timeout=LONG)
    samples = samples_in(file)
    assert len(samples[name]) == 500
    assert samples["dashboard-notes"][0][0] == "he blinked"
    assert opened.problems == []


@pytest.mark.slow
def test_a_recorder_outlives_its_window_and_is_found_and_stopped_by_the_next(
    room: OpenRoom, qtbot: QtBot, name: str, tmp_path: Path, outlet: SignalOutlet
) -> None:
    first = room()
    pid = first.record(qtbot, name).pid
    first.close()
    assert psutil.pid_exists(pid)
    second = room(NO_BCI)
    qtbot.waitUntil(lambda: "Stop" in second.bar.button.text(), timeout=LONG)
    assert second.status.pid == pid
    assert any("found one" in line for line in second.lines)
    send(outlet, noise(100, 4))
    file = Path(second.status.file)
    second.bar.button.click()
    qtbot.waitUntil(lambda: "Record" in second.bar.button.text(), timeout=LONG)
    assert file.is_relative_to(tmp_path)
    assert len(samples_in(file)[name]) == 100


def test_a_recorder_started_elsewhere_is_found(
    room: OpenRoom, qtbot: QtBot, name: str, tmp_path: Path, outlet: SignalOutlet
) -> None:
    argv = (sys.executable, "-m", "bci", "record", "--stream", name)
    file = tmp_path / "other.xdf"
    recorder = subprocess.Popen((*argv, "--output", str(file)), stderr=subprocess.DEVNULL)
    try:
        bar = room(NO_BCI).bar
        qtbot.waitUntil(lambda: bar.file.text() == "other.xdf", timeout=LONG)
        qtbot.waitUntil(lambda: name in bar.details.text(), timeout=LONG)
        bar.button.click()
        qtbot.waitUntil(lambda: recorder.poll() is not None, timeout=LONG)
        assert recorder.returncode == 0
        qtbot.waitUntil(lambda: "Record" in bar.button.text(), timeout=LONG)
    finally:
        recorder.kill()


def test_the_end_of_a_guided_run_is_no_problem_of_the_record_bar(
    room: OpenRoom, qtbot: QtBot, name: str, tmp_path: Path, outlet: SignalOutlet
) -> None:
    run, opened = RunRecorder(bci_command()), room()
    try:
        run.record(tmp_path / "run.xdf", (name,))
        qtbot.waitUntil(lambda: opened.records(name), timeout=LONG)
        run.end()
        qtbot.waitUntil(lambda: opened.controller.status is None, timeout=LONG)
        assert not opened.problems
    finally:
        run.stop(2.0)


def test_recording_without_a_stream_is_refused_with_what_to_do(
    room: OpenRoom, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "_FIND_S", 0.1)
    opened = room(NO_BCI, listed=False)
    opened.bar.button.click()
    assert not opened.bar.button.isEnabled()
    qtbot.waitUntil(lambda: bool(opened.problems), timeout=LONG)
    assert "no stream to record" in opened.problems[0]
    assert "Connect" in opened.problems[0]
    assert "Record" in opened.bar.button.text()
    assert opened.bar.button.isEnabled()
    assert not (tmp_path / "recordings").exists()


def test_a_recorder_that_fails_is_reported_in_its_own_words(room: OpenRoom, qtbot: QtBot) -> None:
    opened = room((sys.executable, "-c", "import sys; sys.exit('error: no such folder')"))
    opened.bar.button.click()
    qtbot.waitUntil(lambda: bool(opened.problems), timeout=LONG)
    assert "The recorder ended by itself: no such folder" in opened.problems[0]
    assert "press Record (Ctrl+R)" in opened.problems[0]
    assert opened.bar.button.isEnabled()


@pytest.mark.slow
def test_a_killed_recorder_is_reported_and_records_the_next_run(
    room: OpenRoom, qtbot: QtBot, name: str, outlet: SignalOutlet
) -> None:
    opened = room()
    bar = opened.bar
    first = opened.record(qtbot, name)
    send(outlet, noise(300, 4))
    qtbot.waitUntil(lambda: dict(opened.status.regular)[name] == 300, timeout=LONG)
    psutil.Process(first.pid).kill()
    qtbot.waitUntil(lambda: bool(opened.problems), timeout=LONG)
    assert "Recording was interrupted: the recorder was killed (signal 9)" in opened.problems[0]
    assert "started again" in opened.problems[0]
    assert Path(first.file).name in opened.problems[0]
    qtbot.waitUntil(lambda: opened.records(name) and opened.status.pid != first.pid, timeout=LONG)
    assert "restarted 1 time" in bar.alarm.text()
    second = opened.status
    send(outlet, noise(200, 4))
    qtbot.waitUntil(lambda: dict(opened.status.regular)[name] == 200, timeout=LONG)
    opened.stop(qtbot)
    assert bar.saved.files == (Path(first.file), Path(second.file))
    assert bar.button.isEnabled()
    assert bar.details.text() == ""
    assert "run-01" in first.file
    assert "run-02" in second.file
    assert len(samples_in(Path(first.file))[name]) == 300
    assert len(samples_in(Path(second.file))[name]) == 200


@pytest.mark.slow
def test_a_source_that_sends_nothing_while_it_is_recorded_is_shown_in_the_bar(
    room: OpenRoom, qtbot: QtBot, name: str, outlet: SignalOutlet
) -> None:
    opened = room()
    opened.record(qtbot, name)
    send(outlet, noise(300, 4))
    alarm = opened.bar.alarm
    qtbot.waitUntil(lambda: f"no samples from {name} for" in alarm.text(), timeout=LONG)
    assert alarm.isVisible()

    def is_well_again() -> bool:
        send(outlet, noise(50, 4))
        return not alarm.isVisible()

    qtbot.waitUntil(is_well_again, timeout=LONG)
    opened.stop(qtbot)


@pytest.mark.slow
def test_a_recorder_that_is_frozen_is_shown(
    room: OpenRoom, qtbot: QtBot, name: str, outlet: SignalOutlet
) -> None:
    opened = room()
    process = psutil.Process(opened.record(qtbot, name).pid)
    process.suspend()
    alarm = opened.bar.alarm
    qtbot.waitUntil(lambda: "recorder has not answered" in alarm.text(), timeout=LONG)
    process.resume()
    qtbot.waitUntil(lambda: "not answered" not in alarm.text(), timeout=LONG)
    opened.stop(qtbot)


@pytest.mark.slow
def test_a_recorder_of_another_window_that_is_killed_is_reported_with_its_file(
    room: OpenRoom, qtbot: QtBot, name: str, outlet: SignalOutlet
) -> None:
    first = room()
    status = first.record(qtbot, name)
    first.close()
    second = room(NO_BCI)
    qtbot.waitUntil(lambda: second.controller.status is not None, timeout=LONG)
    psutil.Process(status.pid).kill()
    qtbot.waitUntil(lambda: bool(second.problems), timeout=LONG)
    assert "nothing is recorded now" in second.problems[0]
    assert status.file in second.problems[0]
    assert "Record" in second.bar.button.text()
