"""Recording in the real window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.main_window import MainWindow
from gui.settings import DashboardSettings
from tests.gui.conftest import NO_DEVICES

OpenWindow = Callable[..., MainWindow]
LONG = 15_000


def test_the_task_is_that_of_the_profile_whatever_was_recorded_last(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    last = {"subject": "07", "session": "2", "task": "motorimagery"}
    settings = DashboardSettings(tmp_path / "dashboard.json")
    settings.record = last
    settings.store()
    window = open_window(task="speech", bci=NO_DEVICES)
    assert window.record_bar.values == last | {"task": "speech"}


def test_trouble_with_a_recorder_is_shown_in_the_banner_and_the_log(
    open_window: OpenWindow,
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.recording.link.unread.emit("The status of a recorder cannot be read.")
    window.recording.link.logged.emit("recorder: found one that writes x.xdf")
    shown = window.banner_text.toolTip() or window.banner_text.text()
    assert "The status of a recorder cannot be read" in shown
    assert "found one that writes x.xdf" in window.log.toPlainText()


def test_the_saved_file_is_opened_and_its_folder_shown(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run-01_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=1), 1), file)
    window = open_window(bci=NO_DEVICES)
    saved = window.record_bar.saved
    saved.show_files((file,), "00:41, 12.4 MB")
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url) or True)
    saved.folder.click()
    assert Path(shown[0].toLocalFile()) == file.parent
    saved.open.click()
    qtbot.waitUntil(lambda: window.replay.opened is not None, timeout=LONG)
    assert window.replay.opened.file == file
    assert window.replay.isVisible()
    window.replay.close()
