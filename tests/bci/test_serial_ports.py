"""The list of serial ports, from a folder as on Linux and macOS."""

import sys
from pathlib import Path

import pytest

from bci.serial_ports import serial_ports

NAMES = (
    "ttyUSB10", "ttyUSB2", "ttyACM0", "rfcomm0", "ttyS0", "tty1", "null",
    "cu.usbserial-DM01", "cu.Bluetooth-Incoming-Port", "tty.usbserial-DM01",
)  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "ports"),
    [
        ("linux", ["rfcomm0", "ttyACM0", "ttyUSB2", "ttyUSB10"]),
        ("darwin", ["cu.usbserial-DM01"]),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="has a registry")
def test_ports_of_boards_are_listed_in_order_and_built_in_ones_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, ports: list[str]
) -> None:
    for name in NAMES:
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "platform", platform)
    assert serial_ports(tmp_path) == tuple(str(tmp_path / name) for name in ports)


@pytest.mark.skipif(sys.platform == "win32", reason="has a registry")
def test_no_folder_of_devices_is_no_port(tmp_path: Path) -> None:
    assert serial_ports(tmp_path / "none") == ()
