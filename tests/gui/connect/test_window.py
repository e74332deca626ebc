"""Connecting in the real window."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from bci.commands import bci_command
from bci.lsl.discovery import StreamQuery
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import State
from devices.simulated.subject import SubjectSettings, simulate_run, write_run, write_subject
from gui.main_window import MainWindow
from gui.widgets.labels import HINT_HEIGHT
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 40_000


def test_a_chosen_stream_is_shown_and_remembered_as_what_it_is(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    ring = RingBuffer(5000, 4)
    window.feed.signal_found.emit(SignalFound(eeg_info(4, 250.0, "simulated"), ring))
    assert window.badge.isVisible()
    window.connecting.stream_wanted.emit(StreamQuery(name="real"), "real")
    real = replace(eeg_info(4, 250.0, "real"), simulated=False)
    window.feed.signal_found.emit(SignalFound(real, ring))
    assert window.situation.stream_name == "real"
    assert not window.badge.isVisible()
    assert window.quality.headline == "Measuring ..."


def test_the_devices_are_listed_again_when_the_panel_is_shown_again(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    listing = window.connecting.listing
    qtbot.waitUntil(lambda: not listing.is_running, timeout=LONG)
    with qtbot.waitSignal(listing.reported, timeout=LONG):
        window.commands["panel-connect"].trigger()
        window.commands["panel-connect"].trigger()


def test_trouble_with_a_source_is_shown_in_the_banner_and_the_log(open_window: OpenWindow) -> None:
    window = open_window(bci=NO_DEVICES)
    window.connecting.problem.emit("The cyton ended by itself: no answer.")
    window.connecting.logged.emit("cyton: no answer")
    assert "no answer" in window.banner_text.text()
    assert "cyton: no answer" in window.log.toPlainText()


@pytest.mark.long
def test_the_simulator_is_connected_judged_and_disconnected(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(bci=bci_command())
    panel = window.connect_panel
    qtbot.waitUntil(panel.devices.isEnabled, timeout=LONG)
    panel.devices.setCurrentText("simulator")
    panel.form.fields["name"].setText(name)
    panel.form.fields["channels"].setText("0")
    assert not panel.connect_button.isEnabled()
    assert panel.problem.isVisible()
    panel.form.fields["channels"].setText("8")
    panel.form.fields["rail_after_s"].setText("2")
    panel.connect_button.click()
    assert panel.connect_button.text() == "Disconnect"
    assert not panel.form.isEnabled()
    assert not panel.simulator.isEnabled()
    qtbot.waitUntil(lambda: window.tabs.samples_end > 250, timeout=LONG)
    assert window.badge.isVisible()
    assert panel.state.text() == "simulator is connected"
    first = window.scope.names.names[0]
    qtbot.waitUntil(lambda: window.scope.names.state_of(first) == State.BAD, timeout=LONG)
    assert window.scope.names.reason_at(0) == f"{first} is bad: railed"
    assert [c.name for c in window.quality.channels if c.state == State.BAD] == [first]
    assert "1 bad" in window.quality_state.text()
    pid = window.connecting.processes[0].pid
    panel.connect_button.click()
    qtbot.waitUntil(lambda: panel.connect_button.text() == "Connect", timeout=15000)
    assert not psutil.pid_exists(pid)
    qtbot.waitUntil(lambda: "no signal now" in window.state.text(), timeout=LONG)
    # The user disconnected it, so there is no warning.
    assert not window.banner.isVisible()
    assert window.quality.headline == "No signal now"
    window.close()
    again = open_window(bci=bci_command()).connect_panel
    qtbot.waitUntil(again.devices.isEnabled, timeout=LONG)
    assert again.devices.currentText() == "simulator"
    assert again.form.values() == {"name": name, "channels": "8", "rail_after_s": "2"}
    # Qt shows a row that is added to a form one turn of its event loop later.
    qtbot.waitUntil(again.form.fields["rail_after_s"].isVisible, timeout=LONG)


@pytest.mark.slow
def test_closing_the_window_ends_the_source(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = write_subject(tmp_path / "subject", seed=1, n_runs=1)[0]
    window = open_window()
    window.connecting.replay(str(file))
    qtbot.waitUntil(lambda: window.tabs.samples_end > 0, timeout=LONG)
    assert window.badge.isVisible()
    pid = window.connecting.processes[0].pid
    window.close()
    assert not psutil.pid_exists(pid)
    assert window.feed.is_finished


@pytest.fixture
def dialogs(monkeypatch: pytest.MonkeyPatch) -> list[QFileDialog]:
    """Collect file dialogs instead of showing them."""
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: opened.append(dialog))
    return opened


@pytest.mark.slow
def test_a_chosen_file_is_streamed_and_its_folder_remembered(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, dialogs: list[QFileDialog]
) -> None:
    file = tmp_path / "mine" / "run-01_eeg.fif"
    file.parent.mkdir()
    (tmp_path / "recordings").mkdir()
    write_run(simulate_run(SubjectSettings(trials_per_class=1), 1), file)
    window = open_window()
    panel = window.connect_panel
    press(qtbot, window, "Ctrl+O")
    assert Path(dialogs[0].directory().path()) == tmp_path / "recordings"
    # Closed without a file: nothing is started.
    dialogs[0].reject()
    assert not window.connecting.processes
    press(qtbot, window, "Ctrl+O")
    dialogs[1].filesSelected.emit([str(file)])
    qtbot.waitUntil(lambda: window.tabs.samples_end > 250, timeout=LONG)
    assert panel.state.text() == "replay is connected"
    assert window.situation.stream_name == file.stem
    assert window.badge.isVisible()
    qtbot.waitUntil(lambda: bool(window.scope.markers), timeout=LONG)
    # Only one source can be connected at a time.
    press(qtbot, window, "Ctrl+O")
    assert len(dialogs) == 2
    panel.connect_button.click()
    qtbot.waitUntil(lambda: panel.connect_button.text() == "Connect", timeout=LONG)
    press(qtbot, window, "Ctrl+O")
    assert Path(dialogs[2].directory().path()) == file.parent
    assert not window.banner.isVisible(), window.banner.text.text()


def test_a_channel_marked_bad_is_remembered_for_its_stream(open_window: OpenWindow) -> None:
    found = SignalFound(eeg_info(4, 250.0, "amp"), RingBuffer(5000, 4))
    window = open_window(bci=NO_DEVICES)
    window.feed.signal_found.emit(found)
    window.scope.names.clicked.emit("E2")
    window.close()
    again = open_window(bci=NO_DEVICES)
    again.feed.signal_found.emit(found)
    assert again.scope.view.bad == {"E2"}


def test_views_of_decisions_take_a_line_until_there_is_an_engine(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    qtbot.waitExposed(window)
    height = window.scope.height()
    assert (window.decision.height(), window.history.height()) == (HINT_HEIGHT, HINT_HEIGHT)
    window.feed.engine_found.emit(("left", "right"), True)
    window.feed.engine_alive.emit(True)
    qtbot.waitUntil(lambda: window.history.height() > 2 * HINT_HEIGHT, timeout=LONG)
    qtbot.waitUntil(lambda: window.scope.height() < height, timeout=LONG)
    window.feed.engine_alive.emit(False)
    qtbot.waitUntil(lambda: window.scope.height() == height, timeout=LONG)


@pytest.mark.long
def test_a_killed_source_streams_again_and_is_still_ours_to_disconnect(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window()
    panel = window.connect_panel
    panel.device_wanted.emit("simulator", {"name": name})
    qtbot.waitUntil(lambda: window.tabs.samples_end > 250, timeout=LONG)
    first = window.connecting.processes[0].pid
    psutil.Process(first).kill()
    # The loss of its stream may be noticed before its crash.
    qtbot.waitUntil(
        lambda: "The simulator ended by itself" in window.banner_text.text(), timeout=LONG
    )
    assert window.banner.isVisible()
    assert "It is started again." in window.banner_text.text()
    assert panel.state.text() == "simulator: starting again ..."
    qtbot.waitUntil(lambda: f"{name} is gone" in window.log.toPlainText(), timeout=LONG)
    # The report on the restart is not replaced by a report on the lost stream.
    assert "It is started again." in window.banner_text.text()
    qtbot.waitUntil(lambda: panel.state.text() == "simulator is connected", timeout=LONG)
    assert not window.banner.isVisible()
    seen = window.tabs.samples_end
    qtbot.waitUntil(lambda: window.tabs.samples_end > seen + 250, timeout=LONG)
    second = window.connecting.processes[0].pid
    assert second != first
    panel.connect_button.click()
    qtbot.waitUntil(lambda: panel.connect_button.text() == "Connect", timeout=LONG)
    assert not psutil.pid_exists(second)
    # Problems of its inlets are only logged.
    window.feed.problem.emit(f"stream {name}-markers does not answer")
    assert "does not answer" in window.log.toPlainText()
    assert not window.banner.isVisible(), window.banner.text.text()
