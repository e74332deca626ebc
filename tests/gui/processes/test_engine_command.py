"""The engine is started on the stream that is shown, with the model that was last used."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import CARD
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import State
from gui.decisions.status_line import DashboardStatus
from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.processes.engine_command import (
    engine_command,
    model_of,
    on_stream,
    remember_engine,
    remembered_engine,
    stream_of,
)
from gui.processes.engine_notice import find_mismatch
from gui.settings import DashboardSettings
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.gui.published import Published
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 15_000
BCI = (sys.executable, "-m", "bci")
# Runs as an engine would, without decoding anything.
IDLE = (sys.executable, "-c", "import time; time.sleep(60)", "run", "motor-imagery")


@contextmanager
def streaming(name: str) -> Iterator[None]:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    try:
        yield
    finally:
        outlet.close()


def test_an_engine_goes_to_another_stream_with_the_markers_that_belong_to_it() -> None:
    old = Command("engine", (*BCI, "run", "p", "--stream", "a", "--markers", "a-markers", "--x"))
    new = on_stream(old, "b")
    assert stream_of(new) == "b"
    assert new.argv == (*BCI, "run", "p", "--x", "--markers=b-markers", "--stream=b")
    assert stream_of(on_stream(new, "c")) == "c"


def test_markers_of_another_program_stay() -> None:
    old = Command("engine", (*BCI, "run", "p", "--stream=a", "--markers=paradigm"))
    assert "--markers=paradigm" in on_stream(old, "b").argv


@pytest.mark.parametrize("argv", [("sleep", "60"), (*BCI, "replay", "x.xdf", "--name", "a")])
def test_a_program_that_is_no_engine_stays_as_it_is(argv: tuple[str, ...]) -> None:
    assert on_stream(Command("replay", argv), "b").argv == argv


def test_the_last_model_is_remembered_for_each_profile(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.json"
    for name, profile in (("hands", "motor-imagery"), ("words", "speech")):
        (tmp_path / name).mkdir()
        (tmp_path / name / CARD).touch()
        remembered = DashboardSettings(file)
        command = engine_command(BCI, f"{profile}.yaml", tmp_path / name, "amp")
        remember_engine(remembered, profile, command)
        remembered.store()
    for name, profile in (("hands", "motor-imagery"), ("words", "speech")):
        last = remembered_engine(DashboardSettings(file), profile, BCI)
        assert last is not None
        assert model_of(last) == name
        assert last.argv[last.argv.index("run") + 1] == f"{profile}.yaml"
        # It decodes what is shown then, not what was shown at the last time.
        assert stream_of(last) == ""
    assert remembered_engine(DashboardSettings(file), "emotion", BCI) is None
    (tmp_path / "hands" / CARD).unlink()
    assert remembered_engine(DashboardSettings(file), "motor-imagery", BCI) is None


def test_a_model_that_was_used_is_offered_at_the_next_start(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    (tmp_path / "S007").mkdir()
    (tmp_path / "S007" / CARD).touch()
    remembered = DashboardSettings(tmp_path / "dashboard.json")
    remember_engine(
        remembered, "motor-imagery", engine_command(BCI, "mine.yaml", tmp_path / "S007")
    )
    remembered.store()
    window = open_window(bci=NO_DEVICES)
    assert window.buttons["engine"].text() == "Start engine"
    command = window.programs.command("engine")
    assert command is not None
    # The window listens to the streams of this name, whatever the profile's is.
    assert f"--name={window.options.engine_name}" in command.argv
    assert "S007" in window.buttons["engine"].toolTip()
    assert not window.programs.choose_button.isVisible()


def test_the_engine_is_started_on_the_stream_that_is_shown(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    engine = Command("engine", (*IDLE, "--stream", "of-earlier"))
    with streaming(name):
        window = open_window(bci=NO_DEVICES, commands=(engine,))
        qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=LONG)
        window.buttons["engine"].click()
        command = window.programs.command("engine")
        assert command is not None
        assert stream_of(command) == name


def test_an_engine_on_another_stream_is_said_by_name_and_one_click_changes_it(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    other = f"{name}-other"
    engine = Command("engine", IDLE)
    with streaming(name):
        markers = StreamQuery(name=f"{name}-markers")
        window = open_window(bci=NO_DEVICES, commands=(engine,), markers=markers)
        qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=LONG)
        assert not window.notice.isVisible()
        window.buttons["engine"].click()
        child = window.programs.processes[0]
        qtbot.waitUntil(lambda: child.pid > 0, timeout=LONG)
        first = child.pid
        published = Published(name, ("left", "right"), "motor imagery")
        published.wait_for_listeners(qtbot)
        published._status.push(EngineStatus(state="running", stream=other, model="me"))
        qtbot.waitUntil(window.notice.isVisible, timeout=LONG)
        assert other in window.notice.text.text()
        assert name in window.notice.text.text()
        assert window.decision.source == other
        assert window.situation.state(window.situation.samples_at) is not State.GOOD
        qtbot.mouseClick(window.notice.change, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: child.is_running and child.pid != first, timeout=LONG)
        assert stream_of(child.command) == name
        published._status.push(EngineStatus(state="running", stream=name, model="me"))
        qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=LONG)
        assert window.decision.source == ""
        published.end_engine()
        published.close()


def test_the_stream_of_an_engine_started_elsewhere_is_shown_by_one_click(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    other = f"{name}-other"
    with streaming(name), streaming(other):
        window = open_window(bci=NO_DEVICES, markers=StreamQuery(name=f"{name}-markers"))
        published = Published(name, ("left", "right"), "motor imagery")
        published.wait_for_listeners(qtbot)
        published._status.push(EngineStatus(state="running", stream=other, model="me"))
        qtbot.waitUntil(window.notice.isVisible, timeout=LONG)
        assert window.notice.change.text().startswith("Show")
        window.notice.change.click()
        qtbot.waitUntil(lambda: window.situation.stream_name == other, timeout=LONG)
        qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=LONG)
        published.end_engine()
        published.close()


def test_an_engine_that_waits_for_another_stream_than_the_one_shown_is_said() -> None:
    shown = DashboardStatus("any stream", "amp", signal_alive=True)
    waiting = on_stream(Command("engine", IDLE), "of-earlier")
    found = find_mismatch(shown, waiting, own=True)
    assert found is not None
    assert found.sentence == "The engine waits for of-earlier. The stream shown is amp."
    assert find_mismatch(shown, on_stream(waiting, "amp"), own=True) is None
    assert find_mismatch(shown, waiting, own=False) is None
    assert find_mismatch(DashboardStatus("any stream"), waiting, own=True) is None


def test_a_signal_on_another_name_asks_for_its_stream(open_window: OpenWindow) -> None:
    window = open_window(bci=NO_DEVICES, commands=(Command("engine", IDLE),))
    window.links.show_stream(StreamQuery(name="chosen"), "chosen")
    window.buttons["engine"].click()
    command = window.programs.command("engine")
    assert command is not None
    assert stream_of(command) == "chosen"


def test_a_replay_that_the_user_stopped_is_no_problem(open_window: OpenWindow) -> None:
    sleep = (
        sys.executable,
        "-c",
        "import time; time.sleep(60)",
        "replay",
        "x.edf",
        "--name",
        "amp",
    )
    window = open_window(bci=NO_DEVICES, commands=(Command("replay", sleep),))
    window.situation.stream_name = "amp"
    window.signal.set_alive(False)
    assert "The stream amp is gone" in window.banner_text.text()
    window.signal.set_alive(True)
    window.banner.hide()
    window.programs.start()
    window.programs.toggle("replay")
    window.signal.set_alive(False)
    assert not window.banner.isVisible()
    assert "amp was disconnected" in window.log.toPlainText()


def test_a_calibration_that_opens_after_the_signal_went_has_no_stream(
    open_window: OpenWindow,
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.signal.set_signal(SignalFound(eeg_info(4), RingBuffer(5000, 4)))
    window.calibrating._on_signal(SignalFound(eeg_info(4), RingBuffer(5000, 4)))
    window.calibrating._on_alive(False)
    window.calibrating.open()
    assert window.calibrating.window is not None
    assert window.calibrating.window._info is None
    window.calibrating.window.close()
