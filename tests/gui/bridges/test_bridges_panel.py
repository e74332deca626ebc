"""The panel of bridges: list, parameters, start, stop, and reports of a crash."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.messages import ParameterEntry, PluginEntry, PluginsEvent
from gui.bridges import bridge_process
from gui.bridges.bridge_row import BridgeRow
from gui.bridges.controller import BridgesController
from gui.bridges.panel import BridgesPanel
from gui.main_window import MainWindow
from gui.settings import DashboardSettings
from tests.gui.conftest import BCI, NO_DEVICES
from tests.gui.keys import press

LONG = 60_000
NEEDED = ParameterEntry(name="map", about="Pairs of label and key", needed=True)
TAP = ParameterEntry(name="tap_ms", default="80", number="real", low=10, high=2000)
ENGINE = ParameterEntry(name="engine", default="bci")


def entry(name: str, *parameters: ParameterEntry, problem: str | None = None) -> PluginEntry:
    return PluginEntry(
        kind="bridge", name=name, distribution="bci", version="1", where="a:b",
        summary="passes decisions on", problem=problem, parameters=parameters,
    )  # fmt: skip


# A command line whose bridges print their arguments and wait.
_LISTED = PluginsEvent(plugins=(entry("keys", NEEDED, TAP, ENGINE), entry("echo", ENGINE))).line()
SCRIPT = f"""import sys
if sys.argv[2] == "--json":
    print({_LISTED!r})
elif "tap_ms=1000" in sys.argv:
    sys.exit(print('{{"event": "error", "text": "no keyboard"}}') or 2)
else:
    print(*sys.argv[2:], flush=True)
    for line in sys.stdin:
        print("got", line.strip(), flush=True)
"""
STANDS_IN = (sys.executable, "-c", SCRIPT)


class Bridges:
    """A panel with its processes, and the reports of these."""

    def __init__(self, settings: Path) -> None:
        self.panel, self.remembered = BridgesPanel(), DashboardSettings(settings)
        self.controller = BridgesController(self.panel, STANDS_IN, self.remembered, "left-seat")
        self.lines: list[str] = []
        self.problems: list[tuple[str, str]] = []
        self.controller.logged.connect(self.lines.append)
        self.controller.problem.connect(lambda why, about: self.problems.append((why, about)))


@pytest.fixture
def bridges(qtbot: QtBot, tmp_path: Path) -> Iterator[Bridges]:
    made = Bridges(tmp_path / "dashboard.json")
    qtbot.addWidget(made.panel)
    made.panel.show()
    qtbot.waitUntil(lambda: bool(made.panel.rows), timeout=LONG)
    yield made
    made.controller.retire()
    for child in made.controller.processes:
        child.give_up()


def run(bridges: Bridges, name: str, qtbot: QtBot) -> None:
    bridges.panel.rows[name].push.click()
    qtbot.waitUntil(lambda: "runs: " in bridges.panel.rows[name].state.text(), timeout=LONG)


def test_a_bridge_is_started_with_what_was_filled_in_and_remembers_it(
    bridges: Bridges, qtbot: QtBot
) -> None:
    row = bridges.panel.rows["keys"]
    assert not row.push.isEnabled()
    assert row.problem.text() == "Map is needed."
    row.form.fields["map"].setText("left=key:left")
    run(bridges, "keys", qtbot)
    # Qt sorts the parameters by name.
    printed = "keys engine=left-seat map=left=key:left --json --with-parent"
    assert row.state.text() == f"runs: {printed}"
    assert bridges.lines == [f"bridge keys: {printed}"]
    assert bridges.remembered.bridges == {"keys": {"map": "left=key:left"}}
    assert not row.form.isEnabled()


def test_keys_are_stopped_by_a_button_in_front_of_every_window(
    bridges: Bridges, qtbot: QtBot
) -> None:
    controller, row = bridges.controller, bridges.panel.rows["keys"]
    assert not row.stop_keys.isVisible()
    row.form.fields["map"].setText("left=key:left")
    run(bridges, "keys", qtbot)
    assert row.stop_keys.isVisible()
    assert controller.presses_keys
    window = controller._stop_window
    assert window is not None
    flags = window.windowFlags()
    assert flags & Qt.WindowType.WindowStaysOnTopHint
    assert flags & Qt.WindowType.WindowDoesNotAcceptFocus
    qtbot.mouseClick(window.push, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not controller.presses_keys, timeout=LONG)
    assert not window.isVisible()
    assert not row.stop_keys.isVisible()
    assert bridges.problems == []
    assert row.state.text() == ""


def test_a_bridge_that_dies_is_named_and_one_that_worked_runs_again(
    bridges: Bridges, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_process, "LEAST_S", 0.0)
    run(bridges, "echo", qtbot)
    child = bridges.controller.bridges["echo"].child
    first = child.pid
    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: child.is_running and child.pid != first, timeout=LONG)
    (why, about), *_ = bridges.problems
    assert about == "bridge echo"
    assert why.startswith("The bridge echo ended by itself")
    assert why.endswith("It is started again.")


def test_keys_that_crash_are_never_pressed_again_by_themselves(
    bridges: Bridges, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_process, "LEAST_S", 0.0)
    row = bridges.panel.rows["keys"]
    row.form.fields["map"].setText("left=key:left")
    run(bridges, "keys", qtbot)
    os.kill(bridges.controller.bridges["keys"].child.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(bridges.problems), timeout=LONG)
    assert not bridges.controller.presses_keys
    assert "press Start beside keys" in bridges.problems[0][0]
    assert row.push.text() == "Start"


def test_a_refused_parameter_is_shown_beside_the_bridge(bridges: Bridges, qtbot: QtBot) -> None:
    row = bridges.panel.rows["keys"]
    row.form.fields["map"].setText("left=key:left")
    row.form.fields["tap_ms"].setText("5")
    assert row.problem.text() == "Tap (ms) is a number from 10 to 2000."
    row.form.fields["tap_ms"].setText("1000")
    row.push.click()
    qtbot.waitUntil(lambda: bool(bridges.problems), timeout=LONG)
    assert row.problem.text() == "The bridge keys ended by itself: no keyboard."
    assert bridges.problems[0][0].endswith("Mend that, then press Start beside keys.")


def test_a_bridge_that_cannot_be_used_has_a_reason_and_no_start(qtbot: QtBot) -> None:
    row = BridgeRow(entry("osc", problem="needs pythonosc: pip install 'bci[bridges]'"), {})
    qtbot.addWidget(row)
    row.show()
    assert not row.push.isEnabled()
    assert row.problem.text() == "needs pythonosc: pip install 'bci[bridges]'"
    assert not row.settings.isVisible()


@pytest.mark.slow
def test_the_panel_runs_a_real_bridge_that_ends_with_the_window(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(bci=BCI)
    press(qtbot, window, "Ctrl+J")
    qtbot.waitUntil(lambda: "udp" in window.bridges.rows, timeout=LONG)
    window.bridges.rows["udp"].form.fields["port"].setText("50505")
    window.bridges.rows["udp"].push.click()
    row = window.bridges.rows["udp"]
    qtbot.waitUntil(lambda: row.state.text().startswith("runs: "), timeout=LONG)
    assert "50505" in row.state.text()
    pid = window.links.bridging.bridges["udp"].child.pid
    window.close()
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid), timeout=LONG)


def test_stop_keys_reports_why_it_does_nothing(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    assert window.commands.why_not("stop-keys") == "No keys are pressed."
    window.commands["stop-keys"].trigger()
    assert window.links.bridging.processes == []
