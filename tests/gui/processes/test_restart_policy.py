"""Programs that crash: started again where that helps, by the real window and real processes."""

import sys
from collections.abc import Callable

import psutil
import pytest
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.processes.restart_policy import LEAST_S, RestartPolicy
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press

OpenWindow = Callable[..., MainWindow]
LONG = 40_000
WAITS = (sys.executable, "-c", "import sys; print('hello', flush=True); sys.stdin.read()")
CRASHES = (sys.executable, "-c", "print('no battery', flush=True); import os; os.abort()")
REFUSES = (sys.executable, "-c", "import sys; sys.exit(print('error: no model.') or 2)")


def test_what_crashed_after_it_worked_is_started_again_so_often_and_no_more() -> None:
    revival = RestartPolicy("press Start")
    assert [revival.refusal(9, True, now) for now in (0.0, 20.0, 40.0)] == ["", "", ""]
    assert "4 times in a minute" in revival.refusal(9, True, 59.0)
    assert revival.refusal(9, True, 61.0) == ""
    assert "4 times in a minute" in revival.refusal(9, True, 62.0)


@pytest.mark.parametrize(
    ("code", "worked", "said"),
    [
        (0, True, "To run it again"),
        (2, True, "Mend that"),
        (9, False, "at once"),
    ],
)
def test_what_would_only_end_again_is_not_started_again(code: int, worked: bool, said: str) -> None:
    assert said in RestartPolicy("press Start").refusal(code, worked, 0.0)


@pytest.mark.slow
def test_a_killed_program_that_worked_runs_again_and_the_banner_goes_once_it_lasts(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES, commands=(Command("engine", WAITS),))
    press(qtbot, window, "Ctrl+E")
    child, button = window.processes[0], window.buttons["engine"]
    qtbot.waitUntil(lambda: "hello" in window.log.toPlainText(), timeout=LONG)
    qtbot.waitUntil(lambda: child.age_s > LEAST_S, timeout=LONG)
    first = child.pid
    psutil.Process(first).kill()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "engine ended by itself" in window.banner_text.text()
    assert "It is started again." in window.banner_text.text()
    assert button.text() == "Stop engine"
    assert child.pid != first
    qtbot.waitUntil(lambda: window.log.toPlainText().count("hello") == 2, timeout=LONG)
    assert window.banner.isVisible()
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=LONG)
    assert child.is_running
    press(qtbot, window, "Ctrl+E")
    qtbot.waitUntil(lambda: button.text() == "Start engine", timeout=LONG)
    assert not window.banner.isVisible()


@pytest.mark.parametrize(
    ("argv", "said"),
    [(CRASHES, "no battery. It died at once"), (REFUSES, "no model. Mend that, then press Start")],
)
def test_a_program_that_dies_at_once_is_not_looped(
    open_window: OpenWindow, qtbot: QtBot, argv: tuple[str, ...], said: str
) -> None:
    window = open_window(bci=NO_DEVICES, commands=(Command("engine", argv),))
    window.buttons["engine"].click()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert said in window.banner_text.text()
    assert "Start engine (Ctrl+E)" in window.banner_text.text()
    assert window.buttons["engine"].text() == "Start engine"
    assert not window.processes[0].is_running


@pytest.mark.slow
def test_a_killed_source_streams_again_and_is_still_ours_to_disconnect(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window()
    panel = window.connect_panel
    panel.device_wanted.emit("simulator", {"name": name})
    qtbot.waitUntil(lambda: window.scope.n_samples > 250, timeout=LONG)
    first = window.connecting.processes[0].pid
    psutil.Process(first).kill()
    # That its stream is gone may be noticed first.
    qtbot.waitUntil(
        lambda: "The simulator ended by itself" in window.banner_text.text(), timeout=LONG
    )
    assert window.banner.isVisible()
    assert "It is started again." in window.banner_text.text()
    assert panel.state.text() == "simulator: starting again ..."
    qtbot.waitUntil(lambda: f"{name} is gone" in window.log.toPlainText(), timeout=LONG)
    # What is done about it is not hidden by what follows from it.
    assert "It is started again." in window.banner_text.text()
    qtbot.waitUntil(lambda: panel.state.text() == "simulator is connected", timeout=LONG)
    assert not window.banner.isVisible()
    seen = window.scope.n_samples
    qtbot.waitUntil(lambda: window.scope.n_samples > seen + 250, timeout=LONG)
    second = window.connecting.processes[0].pid
    assert second != first
    panel.connect_button.click()
    qtbot.waitUntil(lambda: panel.connect_button.text() == "Connect", timeout=LONG)
    assert not psutil.pid_exists(second)
    # What its inlets still say of it is for the log alone.
    window.feed.problem.emit(f"stream {name}-markers does not answer")
    assert "does not answer" in window.log.toPlainText()
    assert not window.banner.isVisible(), window.banner_text.text()


def test_a_source_that_never_streamed_is_not_started_again(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=(sys.executable, "-c", "import os; os.abort()"))
    window.connect_panel.device_wanted.emit("cyton", {})
    qtbot.waitUntil(lambda: "cyton ended by itself" in window.banner_text.text(), timeout=LONG)
    assert "died at once" in window.banner_text.text()
    assert "press Connect (Ctrl+D)" in window.banner_text.text()
    assert not window.connecting.processes
    assert window.connect_panel.connect_button.text() == "Connect"


def test_without_an_engine_its_key_and_its_button_ask_for_a_model(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    assert window.programs.choose_button.isVisible()
    press(qtbot, window, "Ctrl+E")
    guided = window.calibrating.window
    assert guided is not None
    qtbot.waitUntil(lambda: "There is no model" in guided.setup.problem.text(), timeout=LONG)
    guided.close()
    window.programs.choose_button.click()
    assert guided.isVisible()
