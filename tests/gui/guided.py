"""A guided calibration up to its first cue, by a user's clicks."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from tests.gui.keys import strike

LONG = 20_000
PROFILE = """
task: motor imagery
pipeline:
  channels: [C3, C4]
  filters:
    - {{kind: bandpass, low_hz: 8, high_hz: 14, order: 2}}
  window_s: {window_s}
  hop_s: 0.1
paradigm:
  classes: {{left: left, right: right}}
  rest: rest
  start_s: 0.5
  stop_s: {stop_s}
"""
# The shortest task that contains a window, wherever the window begins.
QUICK = PROFILE.format(window_s=1.0, stop_s=1.8)
QUICK_S = 1.5


def opened(
    main: MainWindow, qtbot: QtBot, trials: int, task_s: float = QUICK_S
) -> CalibrationWindow:
    """Open the calibration window, filled in, at the page of signals."""
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    setup = window.setup
    assert not setup.next.isEnabled()
    assert "subject" in setup.problem.text()
    qtbot.keyClicks(setup.subject, "07")
    setup.timing_fields.trials.setValue(trials)
    fill_in(window, cue_s=0.3, task_s=task_s)
    qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
    assert "SIMULATED" in window.signals.stream.text()
    return window


def fill_in(window: CalibrationWindow, **timing: float) -> None:
    """Fill in short timings, and go to the page of signals."""
    setup = window.setup
    setup.full_screen.setChecked(False)
    rest = {"rest_s": 0.0, "baseline_s": 0.1, "pause_min_s": 0.3, "pause_max_s": 0.4}
    for name, value in (timing | rest).items():
        setup.timing_fields.fields[name].setValue(value)
    setup.next.click()


def begin(window: CalibrationWindow, qtbot: QtBot, told: str = "imagine") -> None:
    """Begin the run, and wait for the first cue."""
    window.signals.start.click()
    qtbot.waitUntil(lambda: told in window.runs.cue_screen.sentence, timeout=LONG)
    strike(window.runs.presenter.window, Qt.Key.Key_Space)
    assert window.runs.run is not None
