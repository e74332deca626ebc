"""Buttons of programs: real processes, started, stopped and started again."""

import sys
from collections.abc import Callable, Iterator

import psutil
import pytest
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.processes import program_buttons
from gui.processes.child import Command
from gui.processes.program_buttons import Programs
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press

OpenWindow = Callable[..., MainWindow]
LONG = 40_000
WAITS = (sys.executable, "-c", "import sys; print('hello', flush=True); sys.stdin.read()")
CRASHES = (sys.executable, "-c", "print('no battery', flush=True); import os; os.abort()")
REFUSES = (sys.executable, "-c", "import sys; sys.exit(print('error: no model.') or 2)")


class Shown:
    """The button of an engine, and the signals that it caused."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        self.programs = Programs((Command("engine", argv),))
        self.child, self.button = self.programs.processes[0], self.programs.buttons["engine"]
        self.lines: list[str] = []
        self.problems: list[tuple[str, str]] = []
        self.well: list[str] = []
        self.programs.engine_logged.connect(self.lines.append)
        self.programs.problem.connect(lambda why, name: self.problems.append((why, name)))
        self.programs.well.connect(self.well.append)


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[Callable[[tuple[str, ...]], Shown]]:
    """Yield a function that shows the button of an engine."""
    opened: list[Shown] = []

    def show_one(argv: tuple[str, ...]) -> Shown:
        opened.append(Shown(argv))
        qtbot.addWidget(opened[-1].programs)
        return opened[-1]

    yield show_one
    for each in opened:
        each.child.give_up()


def test_a_killed_program_that_worked_runs_again_and_all_is_well_once_it_lasts(
    shown: Callable[[tuple[str, ...]], Shown], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_buttons, "LEAST_S", 0.3)
    engine = shown(WAITS)
    engine.button.click()
    qtbot.waitUntil(lambda: engine.lines == ["engine: hello"], timeout=LONG)
    qtbot.waitUntil(lambda: engine.child.age_s > 0.3, timeout=LONG)
    first = engine.child.pid
    psutil.Process(first).kill()
    qtbot.waitUntil(lambda: bool(engine.problems), timeout=LONG)
    assert "engine ended by itself" in engine.problems[0][0]
    assert engine.problems[0][0].endswith("It is started again.")
    assert engine.problems[0][1] == "engine"
    assert engine.button.text() == "Stop engine"
    assert engine.child.pid != first
    n = len(engine.well)
    qtbot.waitUntil(lambda: engine.lines == 2 * ["engine: hello"], timeout=LONG)
    qtbot.waitUntil(lambda: len(engine.well) == n + 1, timeout=LONG)
    assert engine.child.is_running
    engine.button.click()
    qtbot.waitUntil(lambda: engine.button.text() == "Start engine", timeout=LONG)
    assert len(engine.problems) == 1


@pytest.mark.parametrize(
    ("argv", "why"),
    [(CRASHES, "no battery. It died at once"), (REFUSES, "no model. Mend that, then press Start")],
)
def test_a_program_that_dies_at_once_is_not_looped(
    shown: Callable[[tuple[str, ...]], Shown], qtbot: QtBot, argv: tuple[str, ...], why: str
) -> None:
    engine = shown(argv)
    engine.button.click()
    qtbot.waitUntil(lambda: bool(engine.problems), timeout=LONG)
    assert why in engine.problems[0][0]
    assert "Start engine (Ctrl+E)" in engine.problems[0][0]
    assert engine.button.text() == "Start engine"
    assert not engine.child.is_running


def test_a_problem_of_a_program_is_shown_until_it_is_well(open_window: OpenWindow) -> None:
    window = open_window(bci=NO_DEVICES)
    window.programs.problem.emit("The engine ended by itself. It is started again.", "engine")
    assert "engine ended by itself" in window.banner_text.text()
    window.programs.well.emit("replay")
    assert window.banner.isVisible()
    window.programs.well.emit("engine")
    assert not window.banner.isVisible()


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
