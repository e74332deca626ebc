"""The connect panel in the real window: real LSL streams, real child processes."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import PredictionOutlet
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import DeviceEntry
from bci.quality.channel_quality import State
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.connect.device_catalogue import DeviceCatalogue
from gui.connect.device_form import DeviceForm
from gui.connect.device_parameters import describe
from gui.connect.panel import ConnectPanel
from gui.connect.stream_list import ROW
from gui.main_window import MainWindow
from gui.widgets.empty_state import HINT_HEIGHT
from gui.workers.stream_directory import LiveStream
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 40_000


def board(needs: tuple[str, ...], takes: tuple[str, ...] = ()) -> DeviceEntry:
    return DeviceEntry(name="board", what="a board", transport="serial", needs=needs, takes=takes)


def test_streams_are_listed_while_they_are_there(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    panel = window.connect_panel
    assert panel.no_streams.isVisible()
    outlet = SignalOutlet(eeg_info(16, 250.0, name))
    markers = MarkerOutlet(f"{name}-markers", f"{name}-markers")
    qtbot.waitUntil(
        lambda: [(s.name, s.simulated) for s in panel.streams.streams] == [(name, True)],
        timeout=LONG,
    )
    assert panel.streams.streams[0].summary == "EEG, 16 channels, 250 Hz"
    assert panel.streams.isVisible()
    assert not panel.no_streams.isVisible()
    outlet.close()
    qtbot.waitUntil(lambda: not panel.streams.streams, timeout=LONG)
    assert panel.no_streams.isVisible()
    markers.close()


def test_a_chosen_stream_is_shown_and_the_one_before_is_left(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    first = SignalOutlet(eeg_info(4, 250.0, name))
    second = SignalOutlet(replace(eeg_info(6, 500.0, f"{name}-b"), simulated=False))
    window = open_window(bci=NO_DEVICES)
    streams = window.connect_panel.streams
    qtbot.waitUntil(lambda: first.has_consumers and streams.count() == 2, timeout=LONG)
    qtbot.waitUntil(window.badge.isVisible, timeout=LONG)
    box = streams.visualItemRect(streams.item(1))
    qtbot.mouseClick(streams.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    qtbot.waitUntil(lambda: second.has_consumers and not first.has_consumers, timeout=LONG)
    qtbot.waitUntil(lambda: window.situation.stream_name == f"{name}-b", timeout=LONG)
    assert not window.badge.isVisible()
    assert window.quality.headline == "Measuring ..."
    # The next dashboard shows it by itself.
    window.close()
    again = open_window(bci=NO_DEVICES, follow_last=True)
    qtbot.waitUntil(lambda: again.situation.stream_name == f"{name}-b", timeout=LONG)
    first.close()
    second.close()


@pytest.mark.slow
def test_the_simulator_is_connected_judged_and_disconnected(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window()
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
    qtbot.waitUntil(lambda: window.scope.n_samples > 250, timeout=LONG)
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
    # It went because it was told to: nothing to be warned of.
    assert not window.banner.isVisible()
    assert window.quality.headline == "No signal now"
    window.close()
    again = open_window().connect_panel
    qtbot.waitUntil(again.devices.isEnabled, timeout=LONG)
    assert again.devices.currentText() == "simulator"
    assert again.form.values() == {"name": name, "channels": "8", "rail_after_s": "2"}
    # Qt shows what is added to a form one turn of its loop later.
    qtbot.waitUntil(again.form.fields["rail_after_s"].isVisible, timeout=LONG)


def test_a_device_that_cannot_be_reached_is_said_in_its_own_words(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    panel = window.connect_panel
    qtbot.waitUntil(panel.devices.isEnabled, timeout=LONG)
    panel.devices.setCurrentText("fieldtrip")
    panel.form.fields["port"].setText("9")
    panel.form.fields["timeout_s"].setText("1")
    qtbot.keyClick(panel.form.fields["port"], Qt.Key.Key_Return)
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "The fieldtrip ended by itself" in window.banner_text.text()
    assert "localhost:9" in window.banner_text.text()
    assert panel.connect_button.text() == "Connect"
    assert "localhost:9" in window.log.toPlainText()


@pytest.mark.slow
def test_closing_the_window_ends_the_source(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    from devices.simulated.subject import write_subject

    file = write_subject(tmp_path / "subject", seed=1, n_runs=1)[0]
    window = open_window()
    window.connecting.replay(str(file))
    qtbot.waitUntil(lambda: window.scope.n_samples > 0, timeout=LONG)
    assert window.badge.isVisible()
    pid = window.connecting.processes[0].pid
    window.close()
    assert not psutil.pid_exists(pid)
    assert window.feed.is_finished


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[QFileDialog]:
    """The dialogs that were opened for a file, instead of their being shown."""
    dialogs: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialogs.append(dialog))
    return dialogs


@pytest.mark.slow
def test_a_file_that_is_chosen_is_streamed_and_asked_for_from_there_the_next_time(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, asked: list[QFileDialog]
) -> None:
    file = tmp_path / "mine" / "run-01_eeg.fif"
    file.parent.mkdir()
    (tmp_path / "recordings").mkdir()
    write_run(simulate_run(SubjectSettings(trials_per_class=1), 1), file)
    window = open_window()
    panel = window.connect_panel
    press(qtbot, window, "Ctrl+O")
    assert Path(asked[0].directory().path()) == tmp_path / "recordings"
    # Closed without a file: nothing is started.
    asked[0].reject()
    assert not window.connecting.processes
    press(qtbot, window, "Ctrl+O")
    asked[1].fileSelected.emit(str(file))
    qtbot.waitUntil(lambda: window.scope.n_samples > 250, timeout=LONG)
    assert panel.state.text() == "replay is connected"
    assert window.situation.stream_name == file.stem
    assert window.badge.isVisible()
    qtbot.waitUntil(lambda: bool(window.scope.markers), timeout=LONG)
    # One source at a time.
    press(qtbot, window, "Ctrl+O")
    assert len(asked) == 2
    panel.connect_button.click()
    qtbot.waitUntil(lambda: panel.connect_button.text() == "Connect", timeout=LONG)
    press(qtbot, window, "Ctrl+O")
    assert Path(asked[2].directory().path()) == file.parent
    assert not window.banner.isVisible()


def test_a_chosen_file_that_cannot_be_read_is_said_with_what_to_do(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, asked: list[QFileDialog]
) -> None:
    (tmp_path / "broken.edf").write_bytes(b"no recording at all")
    window = open_window()
    press(qtbot, window, "Ctrl+O")
    asked[0].fileSelected.emit(str(tmp_path / "broken.edf"))
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "broken.edf: damaged" in window.banner_text.text()
    assert "Mend that" in window.banner_text.text()
    assert window.connect_panel.replay.isEnabled()


def test_needed_parameters_come_first_and_are_asked_for(qtbot: QtBot) -> None:
    form = DeviceForm()
    qtbot.addWidget(form)
    takes = ("serial_port", "mac_address", "timeout_s", "a_b", "c", "d", "e")
    form.set_device(board(("serial_port",), takes), {})
    form.show()
    assert next(iter(form.fields)) == "serial_port"
    assert form.problem() == "Serial port is needed."
    assert not form.is_wrong
    port = form.fields["serial_port"]
    assert isinstance(port, QComboBox)
    port.setEditText(" COM3 ")
    assert form.problem() == ""
    assert form.values() == {"serial_port": "COM3"}
    form.fields["mac_address"].setText("here")
    assert "00:07:80" in form.problem()
    assert form.is_wrong
    assert not form.fields["e"].isVisible()
    form.more.click()
    assert form.fields["e"].isVisible()


def test_serial_ports_are_offered_as_they_come_and_go(qtbot: QtBot) -> None:
    form = DeviceForm()
    qtbot.addWidget(form)
    form.set_device(board(("serial_port",)), {})
    port = form.fields["serial_port"]
    assert isinstance(port, QComboBox)
    assert form.problem() == "Serial port is needed."
    form.set_ports(("/dev/ttyUSB0",))
    # The only one there is: nothing is left to choose.
    assert form.values() == {"serial_port": "/dev/ttyUSB0"}
    assert form.problem() == ""
    form.set_ports(("/dev/ttyACM0", "/dev/ttyUSB0"))
    assert form.values() == {"serial_port": "/dev/ttyUSB0"}
    assert [port.itemText(k) for k in range(port.count())] == ["/dev/ttyACM0", "/dev/ttyUSB0"]
    # Plugged in again it has another name.
    form.set_ports(("/dev/ttyACM0",))
    assert form.values() == {"serial_port": "/dev/ttyACM0"}
    port.setEditText("COM")
    form.set_ports(())
    assert form.values() == {"serial_port": "COM"}
    with qtbot.waitSignal(form.submitted):
        qtbot.keyClick(port, Qt.Key.Key_Return)
    form.set_ports(("/dev/ttyUSB0",))
    # What was typed is left as it is; where no port is needed, none is filled in.
    assert form.values() == {"serial_port": "COM"}
    form.set_device(board((), ("serial_port",)), {})
    assert form.values() == {}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ports are called otherwise")
def test_a_board_that_is_plugged_in_is_offered_while_the_window_is_open(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = tmp_path / "dev"
    plugged.mkdir()
    monkeypatch.setattr("gui.connect.port_watch.FOLDER", plugged)
    window = open_window()
    panel = window.connect_panel
    qtbot.waitUntil(panel.devices.isEnabled, timeout=LONG)
    panel.devices.setCurrentText("cyton")
    assert not panel.connect_button.isEnabled()
    (plugged / "ttyUSB3").touch()
    qtbot.waitUntil(panel.connect_button.isEnabled, timeout=LONG)
    assert panel.form.values() == {"serial_port": f"{plugged}/ttyUSB3"}
    assert "serial ports now" in window.log.toPlainText()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ip_port", "6677", ""),
        ("ip_port", "70000", "IP port is a whole number from 1 to 65535."),
        ("ip_port", "66.5", "IP port is a whole number."),
        ("rail_after_s", "-1", "Rail after (s) is a number, at least 0."),
        ("sfreq", "nan", "Rate (Hz) is a number from 10 to 50000."),
        ("task", "dancing", "Task is one of motor-imagery, emotion, speech, images."),
        ("mac_address", "00:07:80:ab:cd:ef", ""),
        ("something_new", "anything", ""),
    ],
)
def test_what_is_filled_in_is_judged(name: str, text: str, said: str) -> None:
    assert describe(name).problem(text, needed=False) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('[1]')", "[1]"),
        ("""print('{"event": "devices", "devices": [{"name": "x"}]}')""", "devices"),
        ("import sys; sys.exit('error: no brain')", "made: no brain"),
        ("", "exit code 0"),
    ],
)
def test_an_answer_that_is_no_list_of_devices_is_refused(
    qtbot: QtBot, code: str, said: str
) -> None:
    catalogue = DeviceCatalogue((sys.executable, "-c", code))
    with qtbot.waitSignal(catalogue.failed, timeout=LONG) as caught:
        catalogue.fetch()
    assert said in caught.args[0]


def test_a_list_of_devices_that_cannot_be_made_is_said(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=("/no/such/python",))
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "list of devices" in window.banner_text.text()
    assert not window.connect_panel.devices.isEnabled()


LATER = """
import json, sys
from pathlib import Path
names = ["simulator", "synthetic"] if Path(sys.argv[1]).exists() else ["simulator"]
entry = {"what": "simulated", "transport": "none", "needs": [], "takes": ["channels"]}
print(json.dumps({"event": "devices", "devices": [entry | {"name": name} for name in names]}))
"""


def test_devices_that_were_installed_meanwhile_are_there_when_the_panel_is_shown_again(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    installed = tmp_path / "brainflow"
    window = open_window(bci=(sys.executable, "-c", LATER, str(installed)))
    panel, toggle = window.connect_panel, window.header.connect_button
    qtbot.waitUntil(panel.devices.isEnabled, timeout=LONG)
    assert "pip install 'bci[brainflow]'" in window.log.toPlainText()
    panel.form.fields["channels"].setText("8")
    for _ in range(2):
        with qtbot.waitSignal(window.connecting.catalogue.found, timeout=LONG):
            toggle.click()
            toggle.click()
        if panel.devices.count() == 2:
            break
        # Nothing new: what was typed is left as it is.
        assert panel.form.values() == {"channels": "8"}
        installed.touch()
    assert [panel.devices.itemText(k) for k in range(2)] == ["simulator", "synthetic"]
    assert panel.form.values() == {"channels": "8"}


def test_a_channel_marked_bad_is_remembered_for_its_stream(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: window.situation.stream_name == name, timeout=LONG)
    window.scope.names.clicked.emit("E2")
    window.close()
    again = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: again.scope.view.bad == {"E2"}, timeout=LONG)
    outlet.close()


def test_views_of_decisions_take_a_line_until_there_is_an_engine(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    qtbot.waitExposed(window)
    height = window.scope.height()
    assert (window.decision.height(), window.history.height()) == (HINT_HEIGHT, HINT_HEIGHT)
    engine = PredictionOutlet(f"{name}-engine", ("left", "right"), name, True, "test")
    qtbot.waitUntil(lambda: window.history.height() > 2 * HINT_HEIGHT, timeout=LONG)
    qtbot.waitUntil(lambda: window.scope.height() < height, timeout=LONG)
    engine.close()
    qtbot.waitUntil(lambda: window.scope.height() == height, timeout=LONG)


def test_many_streams_take_the_room_that_there_is_and_are_found_by_name(qtbot: QtBot) -> None:
    panel = ConnectPanel()
    qtbot.addWidget(panel)
    panel.resize(264, 900)
    panel.show()
    streams = tuple(LiveStream(str(k), f"amp {k}", "EEG", 8, 250.0, "", "lab") for k in range(100))
    panel.set_streams(streams[:3])
    assert not panel.sought.isVisible()
    assert panel.streams.height() <= 3 * ROW + 4
    panel.set_streams(streams)
    qtbot.waitUntil(lambda: panel.streams.height() > 8 * ROW)
    panel.sought.setText("AMP 42")
    panel.set_streams(streams[:60])
    rows = [panel.streams.item(row) for row in range(60)]
    assert [row.isHidden() for row in rows] == [k != 42 for k in range(60)]
    # What hid the rest goes where there is nothing to search.
    panel.set_streams(streams[:2])
    assert not panel.streams.item(0).isHidden()
