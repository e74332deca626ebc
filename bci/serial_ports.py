"""List the serial ports of this computer.

They are those of dongles and boards on USB or Bluetooth.
"""

import re
import sys
from pathlib import Path

FOLDER = Path("/dev")
# Built-in ports are left out, since no amplifier is connected to them.
_LINUX = re.compile(r"tty(USB|ACM)\d+|rfcomm\d+")
_MACOS = re.compile(r"cu\.(?!Bluetooth-Incoming-Port|debug-console|wlan-debug).+")
_WINDOWS_KEY = r"HARDWARE\DEVICEMAP\SERIALCOMM"


def serial_ports(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the sorted names of serial ports: ``/dev/ttyUSB0``, ``COM3``.

    No port is opened, so this is as fast as listing a folder.
    """
    if sys.platform == "win32":
        return _of_windows()
    wanted = _MACOS if sys.platform == "darwin" else _LINUX
    try:
        names = [port.name for port in folder.iterdir() if wanted.fullmatch(port.name)]
    except OSError:
        # Without that folder no port can be listed; the user can still type one.
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
        # The registry key exists only while there is a port.
        return ()
    return tuple(sorted(ports, key=_by_number))
