"""Training on existing recordings, without a new run."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from bci.profiles.profile import Profile
from bci.signals import Marker, Recording
from bci.training.run_counts import count_trials
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.calibration.pages.training import TrainingPage
from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from gui.widgets.open_recording import newest_recording
from tests.files.xdf_files import Sent, eeg, write_xdf
from tests.gui.conftest import NO_DEVICES
from tests.gui.guided import QUICK
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 20_000


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return two older runs in another folder."""
    found = [tmp_path / "yesterday" / f"run-0{run}_eeg.fif" for run in (1, 2)]
    found[0].parent.mkdir()
    for run, file in enumerate(found, 1):
        write_run(simulate_run(SubjectSettings(trials_per_class=6), run), file)
    return found


def train_page(main: MainWindow, qtbot: QtBot) -> tuple[CalibrationWindow, TrainingPage]:
    """Open the training page, without a stream and without a run."""
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    assert not window.setup.train.isEnabled()
    qtbot.keyClicks(window.setup.subject, "07")
    qtbot.mouseClick(window.setup.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.training_page.isVisible, timeout=LONG)
    return window, window.training_page


def lines(page: TrainingPage) -> list[str]:
    return [page.runs.item(row).text() for row in range(page.runs.count())]


def test_several_files_can_be_chosen_at_once(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: opened.append(dialog))
    _, page = train_page(open_window(bci=NO_DEVICES), qtbot)
    page.add.click()
    assert [dialog.fileMode() for dialog in opened] == [QFileDialog.FileMode.ExistingFiles]


def test_files_of_any_folder_are_added_with_their_trials(
    open_window: OpenWindow, qtbot: QtBot, files: list[Path], tmp_path: Path
) -> None:
    main = open_window(bci=NO_DEVICES)
    window, page = train_page(main, qtbot)
    assert page.files == []
    assert not page.train.isEnabled()
    broken = tmp_path / "broken.edf"
    broken.write_bytes(b"no recording")
    window.training.add_files([*files, broken])
    qtbot.waitUntil(lambda: not any("counting" in line for line in lines(page)), timeout=LONG)
    told = dict(line.split("\n") for line in lines(page))
    for file in files:
        assert "12 trials (left 6, right 6)" in told[file.name]
    assert "not usable" in told["broken.edf"]
    assert sorted(page.files) == files
    assert page.train.isEnabled()
    # A file that is added twice is listed once.
    window.training.add_files(files[:1])
    assert page.runs.count() == 3
    window.close()


def test_a_recording_without_cues_of_the_profile_reports_which_it_has(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "hands_eeg.fif"
    info, n = eeg_info(4, 250.0), 2500
    data = np.random.default_rng(1).normal(0, 10, (n, 4)).astype(np.float32)
    markers = (Marker(2.0, "T1"), Marker(5.0, "T2"))
    recording = Recording(info, data, np.arange(n) / 250.0, np.arange(n), markers, str(file))
    write_run(recording, file)
    window, page = train_page(open_window(bci=NO_DEVICES), qtbot)
    window.training.add_files([file])
    qtbot.waitUntil(lambda: "not usable" in lines(page)[0], timeout=LONG)
    assert "T1" in page.runs.item(0).toolTip()
    assert page.files == []
    assert not page.train.isEnabled()
    window.close()


@pytest.mark.long
def test_a_model_is_trained_on_added_files_with_a_profile_of_its_own(
    open_window: OpenWindow, qtbot: QtBot, files: list[Path], tmp_path: Path
) -> None:
    profile = tmp_path / "quick.yaml"
    profile.write_text(QUICK)
    window, page = train_page(open_window(profile=str(profile)), qtbot)
    window.training.add_files(files)
    qtbot.waitUntil(lambda: len(page.files) == 2, timeout=LONG)
    assert page.train.isEnabled()
    page.train.click()
    qtbot.waitUntil(
        lambda: window.result.isVisible() or bool(page.problem.text()), timeout=3 * LONG
    )
    assert page.problem.text() == ""
    assert window.result.result is not None
    assert {Path(source.file).name for source in window.result.result.card.sources} == {
        file.name for file in files
    }
    window.close()


def test_the_dialog_begins_at_the_newest_recording(tmp_path: Path) -> None:
    assert newest_recording(tmp_path / "nowhere") == tmp_path / "nowhere"
    assert newest_recording(tmp_path) == tmp_path
    for age, name in enumerate(("new", "old")):
        file = tmp_path / f"sub-{name}" / f"{name}.xdf"
        file.parent.mkdir()
        file.touch()
        seconds = 1_000_000 - age
        os.utime(file, (seconds, seconds))
    assert newest_recording(tmp_path).name == "new.xdf"


def test_space_continues_from_the_check_of_signals(open_window: OpenWindow, qtbot: QtBot) -> None:
    main = open_window(bci=NO_DEVICES)
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    window.set_stream(eeg_info(4))
    qtbot.keyClicks(window.setup.subject, "07")
    window.setup.next.click()
    assert window.signals.isVisible()
    assert window.focusWidget() is window.signals.start
    window.close()


def test_trials_are_counted_in_the_streams_and_at_the_rate_of_the_profile(tmp_path: Path) -> None:
    cues = [Sent(name, "Markers", [2.0, 8.0], ["left", "right"]) for name in ("mine", "other")]
    signal = replace(eeg(20.0), sfreq=0.0)
    file = write_xdf(tmp_path / "two.xdf", signal, *cues)
    profile = Profile.model_validate(
        {
            "task": "test",
            "timing": {"sfreq": 128.0},
            "markers": {"name": "mine"},
            "pipeline": {"window_s": 1.0},
            "paradigm": {"classes": {"left": "left", "right": "right"}},
        }
    )
    assert count_trials(file, profile).run.trials == {"left": 1, "right": 1}
