"""The real window with real LSL streams."""

import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import psutil
import pytest
from pylsl import local_clock
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from bci.decisions import Decision, decide
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import PredictionOutlet, StatusOutlet
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import EngineStatus, WindowCounts
from bci.signals import Marker, Prediction
from gui.main_window import MainWindow
from gui.options import DashboardOptions
from gui.processes.child import Child, Command
from gui.theme import DARK, LIGHT
from tests.signals import eeg_info, noise
from tests.streams import send

STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('stubborn', flush=True); time.sleep(60)",
)
NO_DEVICES = (sys.executable, "-c", """print('{"event": "devices"}')""")
SLEEPER = (sys.executable, "-c", "import sys; print('hello', flush=True); sys.stdin.read()")


@pytest.fixture
def name() -> str:
    return f"amp-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def windows(qtbot: QtBot) -> Iterator[list[MainWindow]]:
    opened: list[MainWindow] = []
    yield opened
    for window in opened:
        window.close()


def open_window(
    windows: list[MainWindow], qtbot: QtBot, name: str, commands: tuple[Command, ...] = ()
) -> MainWindow:
    window = MainWindow(
        DashboardOptions(
            signal=StreamQuery(name=name),
            markers=StreamQuery(name=f"{name}-markers"),
            engine_name=f"{name}-engine",
            cue_of={"T1": "left", "T2": "right"}.get,
            commands=commands,
            bci=NO_DEVICES,
        )
    )
    windows.append(window)
    window.show()
    return window


def decided(left: float) -> tuple[Prediction, Decision | None]:
    """Return a prediction with this probability of left, and its decision above 0.7."""
    window = prediction(left)
    return window, decide(window, 0.7)


def prediction(left: float) -> Prediction:
    taken = local_clock() - 0.01
    return Prediction(
        ("left", "right"), np.array([left, 1 - left]), 0, 100, taken, taken + 0.002, taken + 0.003,
        taken + 0.005,
    )  # fmt: skip


def test_a_guided_cue_is_reported_once(windows: list[MainWindow], qtbot: QtBot, name: str) -> None:
    window = open_window(windows, qtbot, name)
    came: list[Marker] = []
    window.feed.markers_came.connect(came.extend)
    cue = Marker(1.0, "T1")
    for guided in (window.calibrating, window.links.spelling):
        came.clear()
        guided.cued.emit(cue)
        assert came == [cue]


def test_a_long_name_and_many_channels_fit_a_window_of_1280(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    long = f"{name}_task-MOTORIMAGERY_acq-MMMMM_run-03_eeg"
    outlet = SignalOutlet(eeg_info(306, 250.0, long))
    commands = (Command("replay", SLEEPER), Command("engine", SLEEPER))
    window = open_window(windows, qtbot, long, commands)
    window.docks["connect"].show()
    qtbot.waitUntil(window.scope_panel.all.isVisible, timeout=10_000)
    window.scope.step_page(1)
    window.scope.step_page(1)
    assert window.scope_panel.controls.page.text() == "129-192 of 306"
    assert long.startswith(window.header.title.text().rstrip("."))
    assert long in window.header.title.toolTip()
    qtbot.waitUntil(lambda: 0 < window.minimumSizeHint().width() <= 1280, timeout=5_000)
    outlet.close()


def test_the_signal_is_shown_and_called_simulated(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(16, 250.0, name))
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=10_000)
    start = send(outlet, noise(1000, 16, offset=5000))
    qtbot.waitUntil(lambda: window.tabs.samples_end == 1000, timeout=10_000)
    assert window.badge.isVisible()
    assert name in window.windowTitle()
    assert "simulated" in window.windowTitle()
    # The offset of 5 mV is removed: gains are of the size of the amplitude.
    qtbot.waitUntil(lambda: 20 < window.scope.gain < 500, timeout=5_000)
    before = window.scope.grab().toImage()
    send(outlet, noise(250, 16, seed=1, offset=5000), first=1000, start=start)
    qtbot.waitUntil(lambda: window.tabs.samples_end == 1250, timeout=10_000)
    qtbot.waitUntil(lambda: window.scope.grab().toImage() != before, timeout=5_000)
    outlet.close()


def test_a_real_signal_is_not_called_simulated(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(replace(eeg_info(4, 250.0, name), simulated=False))
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=10_000)
    send(outlet, noise(100, 4))
    qtbot.waitUntil(lambda: window.tabs.samples_end == 100, timeout=10_000)
    assert not window.badge.isVisible()
    outlet.close()


def test_predictions_cue_latency_and_losses_are_shown(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    engine = PredictionOutlet(f"{name}-engine", ("left", "right"), name, True, "test")
    status = StatusOutlet(f"{name}-engine", f"{name}-status")
    markers = MarkerOutlet(f"{name}-markers", f"{name}-markers")
    window = open_window(windows, qtbot, name)
    for outlet in (engine, status):
        qtbot.waitUntil(lambda outlet=outlet: outlet._outlet.have_consumers(), timeout=10_000)
    qtbot.waitUntil(lambda: markers.has_consumers, timeout=10_000)
    assert window.decision.decision == "no prediction"
    markers.push(Marker(local_clock(), "T1"))
    told = {"stream": name, "lost_samples": 7, "windows": WindowCounts(skipped=2)}
    status.push(EngineStatus(state="running", model="me", **told))
    engine.push(*decided(0.9))
    qtbot.waitUntil(lambda: window.decision.decision == "left", timeout=10_000)
    assert window.decision.probabilities == pytest.approx((0.9, 0.1), abs=1e-6)
    qtbot.waitUntil(lambda: window.decision.cue == "left", timeout=10_000)
    assert [cue for *_, cue in window.history.cues_shown()] == ["left"]
    qtbot.waitUntil(lambda: window.latency.lost.text() == "lost: 7 samples", timeout=10_000)
    assert window.latency.rejected.text() == "all windows used; skipped: 2"
    assert window.badge.isVisible()
    engine.push(*decided(0.55))
    qtbot.waitUntil(lambda: window.decision.decision == "undecided", timeout=10_000)
    markers.push(Marker(local_clock(), "T0"))
    qtbot.waitUntil(lambda: window.decision.cue is None, timeout=10_000)
    # No data come any more: an old prediction must not be shown as current.
    qtbot.waitUntil(lambda: window.decision.decision == "no prediction", timeout=10_000)
    for outlet in (engine, status, markers):
        outlet.close()


def test_a_stream_that_vanishes_is_reported_and_shown_again_when_it_is_back(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=10_000)
    start = send(outlet, noise(100, 4))
    qtbot.waitUntil(lambda: window.tabs.samples_end == 100, timeout=10_000)
    outlet.close()
    qtbot.waitUntil(window.banner.isVisible, timeout=15000)
    assert f"{name} is gone" in window.banner_text.text()
    # The status bar is written ten times a second.
    qtbot.waitUntil(lambda: "no signal now" in window.state.text(), timeout=10_000)
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=10_000)
    send(outlet, noise(100, 4), first=1000, start=start)
    qtbot.waitUntil(lambda: window.tabs.samples_end >= 200, timeout=10_000)
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=10_000)
    outlet.close()


def test_a_child_that_dies_is_reported_within_a_second(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    code = "import sys; sys.stdin.readline(); print('error: no battery'); sys.exit(3)"
    window = open_window(windows, qtbot, name, (Command("engine", (sys.executable, "-c", code)),))
    button = window.buttons["engine"]
    assert button.text() == "Start engine"
    button.click()
    child = window.processes[0]
    qtbot.waitUntil(lambda: button.text() == "Stop engine" and child.is_running, timeout=15000)
    psutil.Process(child.pid).kill()
    qtbot.waitUntil(window.banner.isVisible, timeout=15000)
    assert "engine ended by itself" in window.banner_text.text()
    assert button.text() == "Start engine"


def test_stopping_a_child_is_no_problem_worth_a_banner(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    window = open_window(windows, qtbot, name, (Command("replay", SLEEPER),))
    window.buttons["replay"].click()
    qtbot.waitUntil(lambda: "hello" in window.log.toPlainText(), timeout=15000)
    window.buttons["replay"].click()
    qtbot.waitUntil(lambda: window.buttons["replay"].text() == "Start replay", timeout=15000)
    assert not window.banner.isVisible()


def test_a_command_that_cannot_be_started_is_reported(qtbot: QtBot) -> None:
    child = Child(Command("engine", ("/no/such/program",)))
    with qtbot.waitSignal(child.died, timeout=15000) as caught:
        child.start()
    assert "/no/such/program" in caught.args[0]


def test_keys_change_gain_time_base_and_page(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    from PySide6.QtCore import Qt

    outlet = SignalOutlet(eeg_info(100, 250.0, name))
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=10_000)
    send(outlet, noise(600, 100))
    qtbot.waitUntil(lambda: window.scope.gain > 0, timeout=10_000)
    gain = window.scope.gain
    assert gain == 100.0
    qtbot.keyClick(window.scope, Qt.Key.Key_Up)
    assert window.scope.gain == pytest.approx(50.0)
    for _ in range(9):
        qtbot.keyClick(window.scope, Qt.Key.Key_Right)
    assert window.scope.view.time_base_s == 30.0
    for _ in range(9):
        qtbot.keyClick(window.scope, Qt.Key.Key_Left)
    assert window.scope.view.time_base_s == 2.0
    assert window.scope.page_text == "1-64 of 100"
    qtbot.keyClick(window.scope, Qt.Key.Key_PageDown)
    assert window.scope.page_text == "65-100 of 100"
    outlet.close()


def test_the_controls_do_what_the_keys_do(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(8, 250.0, name))
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=10_000)
    send(outlet, noise(600, 8))
    qtbot.waitUntil(lambda: window.scope.gain > 0, timeout=10_000)
    panel, gain = window.scope_panel, window.scope.gain
    shorter, longer, smaller, larger = [
        each for each in panel.findChildren(QToolButton, "step") if each.text() in "\u2212+"
    ][:4]
    longer.click()
    assert window.scope.view.time_base_s == 20.0
    assert panel.controls.time_base.text() == "20 s"
    shorter.click()
    assert window.scope.view.time_base_s == 10.0
    larger.click()
    assert window.scope.gain == pytest.approx(gain / 2)
    smaller.click()
    assert window.scope.gain == pytest.approx(gain)
    assert panel.controls.gain.text() == f"{gain:g} µV a row"
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=15000)
    assert window.scope.hasFocus()
    outlet.close()


def test_stopping_a_stubborn_child_does_not_hold_up_the_window(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    window = open_window(windows, qtbot, name, (Command("engine", STUBBORN),))
    button = window.buttons["engine"]
    button.click()
    qtbot.waitUntil(lambda: "stubborn" in window.log.toPlainText(), timeout=15000)
    button.click()
    assert window.processes[0].is_running
    qtbot.waitUntil(lambda: button.text() == "Start engine", timeout=15000)
    assert not window.banner.isVisible()


def test_a_banner_goes_only_when_what_it_tells_of_is_well_again(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    code = "import sys; sys.exit('no model') if len(sys.argv) < 2 else sys.stdin.read()"
    window = open_window(windows, qtbot, name, (Command("engine", (sys.executable, "-c", code)),))
    window.buttons["engine"].click()
    qtbot.waitUntil(window.banner.isVisible, timeout=15000)
    assert "no model" in window.banner_text.text()
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    qtbot.waitUntil(lambda: "is shown" in window.state.text(), timeout=10_000)
    assert window.banner.isVisible()
    window.buttons["engine"].click()
    assert not window.banner.isVisible()
    outlet.close()


def test_simulated_predictions_on_an_unmarked_signal_are_called_simulated(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    engine = PredictionOutlet(f"{name}-engine", ("left", "right"), name, True, "test")
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(window.badge.isVisible, timeout=10_000)
    outlet = SignalOutlet(replace(eeg_info(4, 250.0, name), simulated=False))
    qtbot.waitUntil(lambda: name in window.windowTitle(), timeout=10_000)
    assert window.badge.isVisible()
    engine.close()
    qtbot.waitUntil(lambda: not window.badge.isVisible(), timeout=15000)
    outlet.close()


def test_a_stream_that_is_there_but_silent_is_reported(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: "sends no samples" in window.state.text(), timeout=10_000)
    outlet.close()


def test_both_themes_are_drawn_with_every_view_filled(
    windows: list[MainWindow], qtbot: QtBot, name: str
) -> None:
    engine = PredictionOutlet(f"{name}-engine", ("left", "right"), name, True, "test")
    window = open_window(windows, qtbot, name)
    qtbot.waitUntil(lambda: engine._outlet.have_consumers(), timeout=10_000)
    engine.push(*decided(0.8))
    qtbot.waitUntil(lambda: window.decision.decision == "left", timeout=10_000)
    window.theme = DARK
    dark = window.grab().toImage()
    window.toggle_theme()
    assert window.scope.theme is LIGHT
    assert window.grab().toImage() != dark
    engine.close()
