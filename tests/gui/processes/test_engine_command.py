"""The engine is started on the shown stream, with the last model."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from bci.messages import EngineStatus
from bci.models.bundle import CARD
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import State
from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.processes.engine_command import (
    engine_command,
    model_of,
    on_stream,
    remember_engine,
    stream_of,
    with_last_engine,
)
from gui.processes.engine_notice import find_mismatch
from gui.processes.status_line import DashboardStatus
from gui.settings import DashboardSettings
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 15_000
BCI = (sys.executable, "-m", "bci")
# A process that runs like an engine but decodes nothing.
IDLE = (sys.executable, "-c", "import time; time.sleep(60)", "run", "motor-imagery")


def show(window: MainWindow, name: str) -> None:
    """Report a stream to the window as its reader does."""
    window.feed.signal_found.emit(SignalFound(eeg_info(4, 250.0, name), RingBuffer(5000, 4)))
    window.feed.signal_alive.emit(True)


def decode(window: MainWindow, stream: str) -> None:
    """Send the window the status of an engine that decodes this stream."""
    window.feed.engine_found.emit(("left", "right"), True)
    window.feed.engine_alive.emit(True)
    window.feed.status_came.emit(EngineStatus(state="running", stream=stream, model="me"))


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
        (last,) = with_last_engine((), DashboardSettings(file), profile, BCI)
        assert with_last_engine((last,), DashboardSettings(file), profile, BCI) == (last,)
        assert model_of(last) == name
        assert last.argv[last.argv.index("run") + 1] == f"{profile}.yaml"
        # The stored command has no stream, since the engine decodes the stream shown at its start.
        assert stream_of(last) == ""
    assert with_last_engine((), DashboardSettings(file), "emotion", BCI) == ()
    (tmp_path / "hands" / CARD).unlink()
    assert with_last_engine((), DashboardSettings(file), "motor-imagery", BCI) == ()


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
    # The window reads the engine's streams by this name, whatever the profile's name is.
    assert f"--name={window.options.engine_name}" in command.argv
    assert "S007" in window.buttons["engine"].toolTip()
    assert not window.programs.choose_button.isVisible()


def test_the_engine_is_started_on_the_stream_that_is_shown(open_window: OpenWindow) -> None:
    engine = Command("engine", (*IDLE, "--stream", "of-earlier"))
    window = open_window(bci=NO_DEVICES, commands=(engine,))
    show(window, "amp")
    window.buttons["engine"].click()
    command = window.programs.command("engine")
    assert command is not None
    assert stream_of(command) == "amp"


def test_an_engine_on_another_stream_is_named_and_one_click_changes_it(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES, commands=(Command("engine", IDLE),))
    show(window, "amp")
    assert not window.notice.isVisible()
    window.buttons["engine"].click()
    child = window.programs.processes[0]
    qtbot.waitUntil(lambda: child.pid > 0, timeout=LONG)
    first = child.pid
    decode(window, "amp-other")
    qtbot.waitUntil(window.notice.isVisible, timeout=LONG)
    assert "amp-other" in window.notice.text.text()
    assert "The stream shown is amp." in window.notice.text.text()
    assert window.decision.source == "amp-other"
    assert window.situation.state(window.situation.samples_at) is not State.GOOD
    qtbot.mouseClick(window.notice.change, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: child.is_running and child.pid != first, timeout=LONG)
    assert stream_of(child.command) == "amp"
    decode(window, "amp")
    qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=LONG)
    assert window.decision.source == ""


def test_the_stream_of_an_engine_started_elsewhere_is_shown_by_one_click(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    show(window, "amp")
    decode(window, "amp-other")
    qtbot.waitUntil(window.notice.isVisible, timeout=LONG)
    assert window.notice.change.text().startswith("Show")
    window.notice.change.click()
    assert "waiting for amp-other" in window.header.title.text()
    show(window, "amp-other")
    qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=LONG)


def test_an_engine_waiting_for_another_stream_is_reported() -> None:
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
