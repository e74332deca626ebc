"""The windows, used by keys only."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from bci.lsl.outlet import SignalOutlet
from bci.profiles.profile import load_profile
from bci.recording.bids.runs import RecordedRun
from bci.recording.read import read_recording
from bci.training.decoder_choices import class_choices
from devices.simulated.subject import write_subject
from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from gui.processes.child import Command
from tests.gui.conftest import NO_DEVICES
from tests.gui.guided import QUICK
from tests.gui.keys import press, strike
from tests.gui.processes.test_program_buttons import WAITS
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 40_000
# A recorder that runs until it is interrupted.
RECORDS = (
    sys.executable,
    "-c",
    """import signal, sys
if "record" in sys.argv:
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
""",
)
_KEY = re.compile(r"\((Ctrl|Alt|Esc|Space|comma|full stop|Page|[A-Z0-9]\b)")


def by_keys(main: MainWindow, qtbot: QtBot) -> CalibrationWindow:
    """Open the guided calibration with the subject filled in."""
    press(qtbot, main, "Ctrl+G")
    window = main.calibrating.window
    assert window is not None
    qtbot.waitUntil(window.isVisible, timeout=LONG)
    qtbot.keyClicks(window.setup.subject, "07")
    return window


def test_programs_are_started_and_stopped(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(
        bci=NO_DEVICES, commands=(Command("replay", WAITS), Command("engine", WAITS))
    )
    for keys, name in (("Ctrl+E", "engine"), ("Ctrl+P", "replay")):
        button = window.buttons[name]
        assert keys in button.toolTip()
        press(qtbot, window, keys)
        assert button.text() == f"Stop {name}"
        qtbot.waitUntil(lambda n=name: f"{n}: hello" in window.log.toPlainText(), timeout=LONG)
        press(qtbot, window, keys)
        qtbot.waitUntil(lambda b=button, n=name: b.text() == f"Start {n}", timeout=LONG)


def test_a_guided_calibration_steps_forward_and_back(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    main = open_window(bci=RECORDS)
    window = by_keys(main, qtbot)
    press(qtbot, window, "Alt+Left")
    assert window.setup.isVisible()
    press(qtbot, window, "Ctrl+Return")
    assert window.signals.isVisible()
    press(qtbot, window, "Alt+Left")
    assert window.setup.isVisible()
    assert window.setup.subject.text() == "07"
    press(qtbot, window, "Ctrl+Return")
    qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
    press(qtbot, window, "Ctrl+Return")
    assert window.runs.run is not None
    qtbot.waitUntil(lambda: window.runs.presenter.is_open, timeout=LONG)
    strike(window.runs.presenter.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.training_page.isVisible, timeout=LONG)
    press(qtbot, window, "Ctrl+R")
    assert window.signals.isVisible()
    press(qtbot, window, "Ctrl+W")
    assert not window.isVisible()
    press(qtbot, main, "Ctrl+G")
    assert window.signals.isVisible()
    outlet.close()


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_training_continues_when_its_window_is_closed(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = write_subject(tmp_path / "subject", seed=1, n_runs=1)[0]
    profile = tmp_path / "quick.yaml"
    profile.write_text(QUICK)
    main = open_window(profile=str(profile))
    window = by_keys(main, qtbot)
    press(qtbot, window, "Ctrl+Return")
    offered = class_choices(
        window.training.models, load_profile(profile), read_recording(file).info
    )
    window.training_page.offer("", [RecordedRun.of(file)], {file}, offered)
    window.pages.stack.setCurrentWidget(window.training_page)
    press(qtbot, window, "Ctrl+Return")
    assert window.training.process is not None
    press(qtbot, window, "Ctrl+W")
    assert not window.isVisible()
    qtbot.waitUntil(lambda: "is trained." in main.log.toPlainText(), timeout=3 * LONG)
    press(qtbot, main, "Ctrl+G")
    assert window.result.isVisible()
    press(qtbot, window, "Alt+Left")
    assert window.training_page.isVisible()
    assert window.training_page.files == [file]


def test_every_button_names_its_key(open_window: OpenWindow, qtbot: QtBot) -> None:
    main = open_window(bci=NO_DEVICES, commands=(Command("engine", WAITS),))
    window = by_keys(main, qtbot)
    for part in (main, window, main.replay):
        for button in part.findChildren(QPushButton):
            # The tooltip of a disabled button has the reason instead.
            said = button.toolTip()
            assert _KEY.search(said) or (said and not button.isEnabled()), (button.text(), said)
