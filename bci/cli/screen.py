"""Check that the configured X display answers; otherwise Qt would end the process."""

import os
import re
import socket
import sys

_DISPLAY = re.compile(r"(?P<host>[^:/]*):(?P<number>[0-9]+)(\.[0-9]+)?")
_SOCKETS = "/tmp/.X11-unix"  # noqa: S108 - X's own place
_FIRST_PORT = 6000
_ANSWERS_S = 3.0


def dead_display() -> str:
    """Return the name of the configured X display if it does not answer.

    Empty if it answers or Qt does not use X.
    """
    platform, display = os.environ.get("QT_QPA_PLATFORM", ""), os.environ.get("DISPLAY", "")
    elsewhere = platform not in ("", "xcb") or (not platform and os.environ.get("WAYLAND_DISPLAY"))
    named = _DISPLAY.fullmatch(display)
    if sys.platform != "linux" or elsewhere or named is None:
        return ""
    return "" if _answers(named["host"], int(named["number"])) else display


def _answers(host: str, number: int) -> bool:
    if host not in ("", "unix"):
        return _connects(socket.AF_INET, (host, _FIRST_PORT + number))
    path = f"{_SOCKETS}/X{number}"
    # X servers listen on the socket file, or on the abstract socket of the same name.
    return any(_connects(socket.AF_UNIX, place) for place in (path, f"\0{path}"))


def _connects(family: socket.AddressFamily, place: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.settimeout(_ANSWERS_S)
        try:
            tried.connect(place)
        except OSError:
            return False
    return True
