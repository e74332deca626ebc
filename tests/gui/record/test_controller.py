"""The red button in the real window, with real recorders."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import pyxdf
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import RecorderStatus
from gui.main_window import MainWindow
from gui.processes.recorder import FoundRecorder
from gui.settings import DashboardSettings
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise
from tests.streams import send

OpenWindow = Callable[..., MainWindow]
LONG = 15_000


def samples_in(file: Path) -> dict[str, Any]:
    streams, _ = pyxdf.load_xdf(str(file))
    return {stream["info"]["name"][0]: stream["time_series"] for stream in streams}


def test_the_red_button_writes_a_file_that_opens(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    bar = window.record_bar
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
    status = window.recording.status
    assert status is not None
    size = status.n_bytes
    qtbot.waitUntil(lambda: window.recording.status.n_bytes > size + 8000, timeout=LONG)
    qtbot.waitUntil(bar.note.isEnabled, timeout=LONG)
    qtbot.keyClicks(bar.note, "he blinked")
    qtbot.keyClick(bar.note, Qt.Key.Key_Return)
    assert bar.note.text() == ""
    size = window.recording.status.n_bytes
    qtbot.waitUntil(lambda: window.recording.status.n_bytes > size, timeout=LONG)
    bar.button.click()
    qtbot.waitUntil(lambda: "Record" in bar.button.text(), timeout=LONG)
    file = tmp_path / "recordings/sub-07/ses-12/eeg/sub-07_ses-12_task-blinks_run-01_eeg.xdf"
    qtbot.waitUntil(lambda: f"{file}:" in window.log.toPlainText(), timeout=LONG)
    samples = samples_in(file)
    assert len(samples[name]) == 500
    assert samples["dashboard-notes"][0][0] == "he blinked"
    assert not window.banner.isVisible()
    outlet.close()


def test_the_task_is_that_of_the_profile_whatever_was_recorded_last(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    last = {"subject": "07", "session": "2", "task": "motorimagery"}
    settings = DashboardSettings(tmp_path / "dashboard.json")
    settings.record = last
    settings.store()
    assert open_window(task="speech").record_bar.values == last | {"task": "speech"}


@pytest.mark.slow
def test_a_recorder_outlives_the_window_and_is_found_and_stopped_by_the_next(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    first = open_window(recorded=(name,))
    first.record_bar.button.click()
    qtbot.waitUntil(lambda: name in first.record_bar.details.text(), timeout=LONG)
    assert first.recording.status is not None
    pid = first.recording.status.pid
    first.close()
    assert psutil.pid_exists(pid)
    second = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: "Stop" in second.record_bar.button.text(), timeout=LONG)
    assert second.recording.status is not None
    assert second.recording.status.pid == pid
    assert "found one" in second.log.toPlainText()
    send(outlet, noise(100, 4))
    file = Path(second.recording.status.file)
    second.record_bar.button.click()
    qtbot.waitUntil(lambda: "Record" in second.record_bar.button.text(), timeout=LONG)
    assert file.is_relative_to(tmp_path)
    assert len(samples_in(file)[name]) == 100
    outlet.close()


def test_a_recorder_started_elsewhere_is_found(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    argv = (sys.executable, "-m", "bci", "record", "--stream", name)
    file = tmp_path / "other.xdf"
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    recorder = subprocess.Popen((*argv, "--output", str(file)), stderr=subprocess.DEVNULL)
    try:
        window = open_window(bci=NO_DEVICES)
        qtbot.waitUntil(lambda: window.record_bar.file.text() == "other.xdf", timeout=LONG)
        qtbot.waitUntil(lambda: name in window.record_bar.details.text(), timeout=LONG)
        window.record_bar.button.click()
        qtbot.waitUntil(lambda: recorder.poll() is not None, timeout=LONG)
        assert recorder.returncode == 0
        qtbot.waitUntil(lambda: "Record" in window.record_bar.button.text(), timeout=LONG)
    finally:
        recorder.kill()
        outlet.close()


def test_recording_without_a_stream_is_refused_with_what_to_do(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    window = open_window(recorded=(name,))
    window.record_bar.button.click()
    assert not window.record_bar.button.isEnabled()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "no stream to record" in window.banner_text.text()
    assert "Connect" in window.banner_text.text()
    assert "Record" in window.record_bar.button.text()
    assert window.record_bar.button.isEnabled()
    assert not (tmp_path / "recordings").exists()


def test_a_recorder_that_fails_is_said_in_its_own_words(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    (tmp_path / "recordings").write_text("not a folder")
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    window.record_bar.button.click()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "The recorder ended by itself" in window.banner_text.text()
    assert "press Record (Ctrl+R)" in window.banner_text.text()
    assert window.record_bar.button.isEnabled()
    outlet.close()


def stop(window: MainWindow, qtbot: QtBot) -> None:
    """Press Stop: a recorder would outlive its test."""
    window.record_bar.button.click()
    qtbot.waitUntil(window.record_bar.saved.isVisible, timeout=LONG)


def record(window: MainWindow, qtbot: QtBot, name: str) -> FoundRecorder:
    """Press Record, and wait until the stream of that name is recorded."""
    window.record_bar.button.click()

    def recorded() -> bool:
        status = window.recording.status
        return status is not None and name in status.streams

    qtbot.waitUntil(recorded, timeout=LONG)
    assert window.recording.status is not None
    return window.recording.status


@pytest.mark.slow
def test_a_recorder_that_is_killed_is_said_and_goes_on_in_the_next_run_s_file(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    first = record(window, qtbot, name)
    send(outlet, noise(300, 4))
    qtbot.waitUntil(lambda: dict(window.recording.status.regular)[name] == 300, timeout=LONG)
    psutil.Process(first.pid).kill()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    said = window.banner_text.toolTip() or window.banner_text.text()
    assert "Recording was interrupted: the recorder was killed (signal 9)" in said
    assert "started again" in said
    assert Path(first.file).name in said
    bar = window.record_bar
    qtbot.waitUntil(
        lambda: (
            window.recording.status is not None
            and window.recording.status.pid != first.pid
            and name in window.recording.status.streams
        ),
        timeout=LONG,
    )
    assert window.banner.isVisible()
    assert "restarted 1 time" in bar.alarm.text()
    second = window.recording.status
    assert second is not None
    send(outlet, noise(200, 4))
    qtbot.waitUntil(lambda: dict(window.recording.status.regular)[name] == 200, timeout=LONG)
    bar.button.click()
    qtbot.waitUntil(bar.saved.isVisible, timeout=LONG)
    assert bar.saved.files == (Path(first.file), Path(second.file))
    assert bar.button.isEnabled()
    assert bar.details.text() == ""
    assert "run-01" in first.file
    assert "run-02" in second.file
    assert len(samples_in(Path(first.file))[name]) == 300
    assert len(samples_in(Path(second.file))[name]) == 200
    outlet.close()


@pytest.mark.slow
def test_after_stop_the_file_is_named_and_can_be_opened(
    open_window: OpenWindow, qtbot: QtBot, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    status = record(window, qtbot, name)
    send(outlet, noise(300, 4))
    qtbot.waitUntil(lambda: dict(window.recording.status.regular)[name] == 300, timeout=LONG)
    bar = window.record_bar
    bar.button.click()
    qtbot.waitUntil(bar.saved.isVisible, timeout=LONG)
    file = Path(status.file)
    assert file.name in bar.saved.text.text()
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url) or True)
    bar.saved.folder.click()
    assert Path(shown[0].toLocalFile()) == file.parent
    bar.saved.open.click()
    qtbot.waitUntil(lambda: window.replay.opened is not None, timeout=LONG)
    assert window.replay.opened.file == file
    assert window.replay.isVisible()
    # The dialog of Recordings begins there, too.
    assert window.remembered.replay_file == str(file)
    window.replay.close()
    outlet.close()


@pytest.mark.slow
def test_a_source_that_sends_nothing_while_it_is_recorded_is_said_in_the_record_bar(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    record(window, qtbot, name)
    send(outlet, noise(300, 4))
    alarm = window.record_bar.alarm
    qtbot.waitUntil(lambda: f"no samples from {name} for" in alarm.text(), timeout=LONG)
    assert alarm.isVisible()

    def is_well_again() -> bool:
        send(outlet, noise(50, 4))
        return not alarm.isVisible()

    qtbot.waitUntil(is_well_again, timeout=LONG)
    stop(window, qtbot)
    outlet.close()


@pytest.mark.slow
def test_a_recorder_that_is_frozen_is_said(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    status = record(window, qtbot, name)
    process = psutil.Process(status.pid)
    process.suspend()
    alarm = window.record_bar.alarm
    qtbot.waitUntil(lambda: "recorder has not answered" in alarm.text(), timeout=LONG)
    process.resume()
    qtbot.waitUntil(lambda: "not answered" not in alarm.text(), timeout=LONG)
    stop(window, qtbot)
    outlet.close()


@pytest.mark.slow
def test_a_recorder_of_another_window_that_is_killed_is_said_with_its_file(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    first = open_window(recorded=(name,))
    status = record(first, qtbot, name)
    first.close()
    second = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: second.recording.status is not None, timeout=LONG)
    psutil.Process(status.pid).kill()
    qtbot.waitUntil(second.banner.isVisible, timeout=LONG)
    said = second.banner_text.toolTip() or second.banner_text.text()
    assert "nothing is recorded now" in said
    assert "Record" in second.record_bar.button.text()
    outlet.close()


def test_a_status_that_names_another_program_stops_nothing(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    other = subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE)
    status = StatusOutlet("recorder", "pretends")
    window = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: status._outlet.have_consumers(), timeout=LONG)
    status.push(RecorderStatus(pid=other.pid, file="/tmp/x.xdf", elapsed_s=1.0, n_bytes=0))
    qtbot.waitUntil(lambda: window.recording.status is not None, timeout=LONG)
    window.record_bar.button.click()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "is no recorder" in window.banner_text.text()
    assert other.poll() is None
    other.communicate(b"\n")
    status.close()


def test_a_recorder_of_another_version_is_said_to_be_one(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    status = StatusOutlet("recorder", "earlier")
    window = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: status._outlet.have_consumers(), timeout=LONG)
    status._outlet.push_sample(['{"task": "recording", "pid": 7, "file": "x.xdf", "bytes": 3}'])
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    said = window.banner_text.toolTip() or window.banner_text.text()
    assert "The status of a recorder cannot be read" in said
    assert window.recording.status is None
    status.close()


def test_closing_the_window_waits_for_no_recorder(open_window: OpenWindow) -> None:
    window = open_window(bci=(sys.executable, "-c", "import time; time.sleep(3)"))
    window.record_bar.button.click()
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 1.0
