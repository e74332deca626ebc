"""Serial ports of this computer now: those of dongles and boards on USB or Bluetooth."""

import re
import sys
from pathlib import Path

FOLDER = Path("/dev")
# Ports that are built in are left out: no amplifier is behind them.
_LINUX = re.compile(r"tty(USB|ACM)\d+|rfcomm\d+")
_MACOS = re.compile(r"cu\.(?!Bluetooth-Incoming-Port|debug-console|wlan-debug).+")
_WINDOWS_KEY = r"HARDWARE\DEVICEMAP\SERIALCOMM"


def serial_ports(folder: Path = FOLDER) -> tuple[str, ...]:
    """Their names as a device takes them, as ``/dev/ttyUSB0`` or ``COM3``, in order.

    Nothing is opened: it costs as much as to list a folder.
    """
    if sys.platform == "win32":
        return _of_windows()
    wanted = _MACOS if sys.platform == "darwin" else _LINUX
    try:
        names = [port.name for port in folder.iterdir() if wanted.fullmatch(port.name)]
    except OSError:
        # A system that shows no devices has no port to offer; one can still be typed.
        return ()
    return tuple(str(folder / name) for name in sorted(names, key=_by_number))


def _by_number(name: str) -> tuple[str, int]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0)


def _of_windows() -> tuple[str, ...]:
    import winreg  # type: ignore[import-not-found, unused-ignore]

    ports: list[str] = []
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _WINDOWS_KEY) as key:  # type: ignore[attr-defined, unused-ignore]
            for k in range(winreg.QueryInfoKey(key)[1]):  # type: ignore[attr-defined, unused-ignore]
                ports.append(str(winreg.EnumValue(key, k)[1]))  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        # The key is there only while a port is.
        return ()
    return tuple(sorted(ports, key=_by_number))
