"""The connect panel and its controller, without the window: real LSL streams, real processes."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from gui.connect import controller
from gui.connect.controller import ConnectController
from gui.connect.panel import ConnectPanel
from gui.settings import DashboardSettings
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info

LONG = 40_000
NOT_WHOLE = '{"event": "devices", "devices": [{"name": "x"}]}'


def command_line(code: str, *devices: str, needs: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return a command line that lists ``devices``, and runs ``code`` otherwise."""
    common = {"what": "simulated", "transport": "none", "needs": needs, "takes": ("channels",)}
    listed = {"event": "devices", "devices": [{"name": name} | common for name in devices]}
    return (
        sys.executable,
        "-c",
        f"import sys\nif sys.argv[1] == 'devices': sys.exit(print({json.dumps(listed)!r}))\n{code}",
    )


class Room:
    """A panel with its controller, and the signals that it emitted."""

    def __init__(self, settings: Path, bci: tuple[str, ...], follow_last: bool = False) -> None:
        self.panel = ConnectPanel()
        self.settings = DashboardSettings(settings)
        self.controller = ConnectController(
            self.panel, bci, self.settings, settings.parent, follow_last
        )
        self.wanted: list[str] = []
        self.lines: list[str] = []
        self.problems: list[str] = []
        self.controller.stream_wanted.connect(lambda _, name: self.wanted.append(name))
        self.controller.logged.connect(self.lines.append)
        self.controller.problem.connect(self.problems.append)
        self.panel.show()

    def close(self) -> None:
        self.controller.retire()
        for child in self.controller.processes:
            child.give_up()
        self.controller.stop(2.0)
        self.panel.close()


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Room]]:
    """Yield a function that opens rooms with the same stored settings."""
    rooms: list[Room] = []

    def open_one(bci: tuple[str, ...] = NO_DEVICES, follow_last: bool = False) -> Room:
        rooms.append(Room(tmp_path / "dashboard.json", bci, follow_last))
        qtbot.addWidget(rooms[-1].panel)
        return rooms[-1]

    yield open_one
    for each in rooms:
        each.close()


@pytest.fixture
def dialogs(monkeypatch: pytest.MonkeyPatch) -> list[QFileDialog]:
    """Collect file dialogs instead of showing them."""
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: opened.append(dialog))
    return opened


def test_streams_are_listed_while_they_are_there(
    room: Callable[..., Room], qtbot: QtBot, name: str
) -> None:
    panel = room().panel
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


def test_a_chosen_stream_is_wanted_now_and_by_itself_the_next_time(
    room: Callable[..., Room], qtbot: QtBot, name: str
) -> None:
    first = SignalOutlet(eeg_info(4, 250.0, name))
    second = SignalOutlet(replace(eeg_info(6, 500.0, f"{name}-b"), simulated=False))
    now = room()
    streams = now.panel.streams
    qtbot.waitUntil(lambda: streams.count() == 2, timeout=LONG)
    box = streams.visualItemRect(streams.item(1))
    qtbot.mouseClick(streams.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert now.wanted == [f"{name}-b"]
    now.settings.store()
    later = room(follow_last=True)
    qtbot.waitUntil(lambda: later.wanted == [f"{name}-b"], timeout=LONG)
    first.close()
    second.close()


def test_a_device_that_cannot_be_reached_is_reported_in_its_own_words(
    room: Callable[..., Room], qtbot: QtBot
) -> None:
    code = "print(sys.argv[1:], file=sys.stderr); sys.exit('error: no answer at localhost:9')"
    opened = room(command_line(code, "fieldtrip"))
    panel = opened.panel
    qtbot.waitUntil(panel.devices.isEnabled, timeout=LONG)
    panel.devices.setCurrentText("fieldtrip")
    panel.form.fields["channels"].setText("9")
    qtbot.keyClick(panel.form.fields["channels"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(opened.problems), timeout=LONG)
    assert "The fieldtrip ended by itself: no answer at localhost:9" in opened.problems[0]
    assert "press Connect (Ctrl+D)" in opened.problems[0]
    assert panel.connect_button.text() == "Connect"
    assert any("'--device', 'fieldtrip', 'channels=9'" in line for line in opened.lines)


def test_a_chosen_file_that_cannot_be_read_is_reported_with_what_to_do(
    room: Callable[..., Room], qtbot: QtBot, tmp_path: Path, dialogs: list[QFileDialog]
) -> None:
    code = 'print(\'{"event": "error", "text": "\' + sys.argv[2] + \': damaged."}\'); sys.exit(2)'
    opened = room(command_line(code))
    opened.panel.replay.click()
    assert Path(dialogs[0].directory().path()) == tmp_path
    # Closed without a file: nothing is started.
    dialogs[0].reject()
    assert not opened.controller.processes
    opened.panel.replay.click()
    dialogs[1].filesSelected.emit([str(tmp_path / "broken.edf")])
    # Only one source can be connected at a time.
    opened.panel.replay_wanted.emit()
    assert len(dialogs) == 2
    qtbot.waitUntil(lambda: bool(opened.problems), timeout=LONG)
    assert "broken.edf: damaged" in opened.problems[0]
    assert "Mend that" in opened.problems[0]
    assert opened.panel.replay.isEnabled()


@pytest.mark.skipif(sys.platform != "linux", reason="ports are called otherwise")
def test_a_board_that_is_plugged_in_is_offered(
    room: Callable[..., Room], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = tmp_path / "dev"
    plugged.mkdir()
    monkeypatch.setattr(controller, "FOLDER", plugged)
    monkeypatch.setattr(controller, "_LOOK_AT_PORTS_MS", 10)
    opened = room(command_line("", "cyton", needs=("serial_port",)))
    panel = opened.panel
    qtbot.waitUntil(panel.devices.isEnabled, timeout=LONG)
    assert not panel.connect_button.isEnabled()
    (plugged / "ttyUSB3").touch()
    qtbot.waitUntil(panel.connect_button.isEnabled, timeout=LONG)
    assert panel.form.values() == {"serial_port": f"{plugged}/ttyUSB3"}
    assert any("serial ports now" in line for line in opened.lines)


@pytest.mark.parametrize(
    ("listing", "why"),
    [
        (("/no/such/python",), "could not be started: /no/such/python"),
        ((sys.executable, "-c", "print('[1]')"), "[1]"),
        ((sys.executable, "-c", f"print({NOT_WHOLE!r})"), "devices"),
        ((sys.executable, "-c", "import sys; sys.exit('error: no brain')"), "itself: no brain."),
        ((sys.executable, "-c", ""), "exit code 0"),
    ],
)
def test_a_list_of_devices_that_cannot_be_made_is_reported(
    room: Callable[..., Room], qtbot: QtBot, listing: tuple[str, ...], why: str
) -> None:
    opened = room(listing)
    qtbot.waitUntil(lambda: bool(opened.problems), timeout=LONG)
    assert "listing of devices" in opened.problems[0]
    assert why in opened.problems[0]
    assert opened.panel.devices.currentText() == "no list of devices"
    assert not opened.panel.devices.isEnabled()


def test_devices_that_were_installed_meanwhile_are_there_after_another_look(
    room: Callable[..., Room], qtbot: QtBot, tmp_path: Path
) -> None:
    installed = tmp_path / "brainflow"
    code = f"""
import json, sys
from pathlib import Path
names = ["simulator", "synthetic"] if Path({str(installed)!r}).exists() else ["simulator"]
entry = {{"what": "simulated", "transport": "none", "needs": [], "takes": ["channels"]}}
print(json.dumps({{"event": "devices", "devices": [entry | {{"name": name}} for name in names]}}))
"""
    opened = room((sys.executable, "-c", code))
    panel, listing = opened.panel, opened.controller.listing
    qtbot.waitUntil(lambda: panel.devices.isEnabled() and not listing.is_running, timeout=LONG)
    assert any("pip install 'bci[brainflow]'" in line for line in opened.lines)
    panel.form.fields["channels"].setText("8")
    opened.controller.look_again()
    qtbot.waitUntil(lambda: not listing.is_running, timeout=LONG)
    # The devices are the same, so the typed values stay.
    assert panel.form.values() == {"channels": "8"}
    installed.touch()
    opened.controller.look_again()
    qtbot.waitUntil(lambda: not listing.is_running, timeout=LONG)
    assert [panel.devices.itemText(k) for k in range(2)] == ["simulator", "synthetic"]
    assert panel.form.values() == {"channels": "8"}


def test_the_simulator_takes_the_place_of_what_is_connected(
    room: Callable[..., Room], qtbot: QtBot
) -> None:
    streams = """
import json
name = sys.argv[3]
print(json.dumps({"event": "streaming", "stream": name, "n_channels": 2, "sfreq": 100.0,
                  "simulated": True}), flush=True)
sys.stdin.read()
"""
    opened = room(command_line(streams, "cyton", "simulator"))
    qtbot.waitUntil(opened.panel.devices.isEnabled, timeout=LONG)
    opened.panel.device_wanted.emit("cyton", {})
    qtbot.waitUntil(lambda: opened.panel.state.text() == "cyton is connected", timeout=LONG)
    assert opened.panel.connect_button.text() == "Disconnect"
    assert not opened.panel.form.isEnabled()
    opened.controller.use_simulator()
    qtbot.waitUntil(lambda: opened.panel.state.text() == "simulator is connected", timeout=LONG)
    assert opened.wanted == ["cyton", "simulator"]
    assert opened.controller.connection.is_ending("cyton")
    opened.panel.connect_button.click()
    qtbot.waitUntil(lambda: opened.panel.connect_button.text() == "Connect", timeout=LONG)
    assert opened.problems == []
