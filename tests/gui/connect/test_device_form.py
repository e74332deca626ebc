"""The form of a device: parameters, serial ports and invalid values."""

from typing import get_args

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from bci.messages import DeviceEntry
from bci.plugins.device_parameters import describe
from bci.signals import Task
from gui.connect.device_form import DeviceForm


def board(needs: tuple[str, ...], takes: tuple[str, ...] = ()) -> DeviceEntry:
    return DeviceEntry(name="board", what="a board", transport="serial", needs=needs, takes=takes)


@pytest.fixture
def form(qtbot: QtBot) -> DeviceForm:
    form = DeviceForm()
    qtbot.addWidget(form)
    return form


def test_needed_parameters_come_first(form: DeviceForm) -> None:
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


def test_serial_ports_are_offered_as_they_come_and_go(form: DeviceForm, qtbot: QtBot) -> None:
    form.set_device(board(("serial_port",)), {})
    port = form.fields["serial_port"]
    assert isinstance(port, QComboBox)
    assert form.problem() == "Serial port is needed."
    form.set_ports(("/dev/ttyUSB0",))
    # The only port is filled in.
    assert form.values() == {"serial_port": "/dev/ttyUSB0"}
    assert form.problem() == ""
    form.set_ports(("/dev/ttyACM0", "/dev/ttyUSB0"))
    assert form.values() == {"serial_port": "/dev/ttyUSB0"}
    assert [port.itemText(k) for k in range(port.count())] == ["/dev/ttyACM0", "/dev/ttyUSB0"]
    # When plugged in again, the device has another name.
    form.set_ports(("/dev/ttyACM0",))
    assert form.values() == {"serial_port": "/dev/ttyACM0"}
    port.setEditText("COM")
    form.set_ports(())
    assert form.values() == {"serial_port": "COM"}
    with qtbot.waitSignal(form.submitted):
        qtbot.keyClick(port, Qt.Key.Key_Return)
    form.set_ports(("/dev/ttyUSB0",))
    # A typed port stays; an optional port is not filled in.
    assert form.values() == {"serial_port": "COM"}
    form.set_device(board((), ("serial_port",)), {})
    assert form.values() == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ip_port", "6677", ""),
        ("ip_port", "70000", "IP port is a whole number from 1 to 65535."),
        ("ip_port", "66.5", "IP port is a whole number."),
        ("rail_after_s", "-1", "Rail after (s) is a number, at least 0."),
        ("sfreq", "nan", "Rate (Hz) is a number from 10 to 50000."),
        ("task", "dancing", f"Task is one of {', '.join(get_args(Task))}."),
        ("mac_address", "00:07:80:ab:cd:ef", ""),
        ("something_new", "anything", ""),
    ],
)
def test_what_is_filled_in_is_judged(name: str, text: str, said: str) -> None:
    assert describe(name).problem(text, needed=False) == said
