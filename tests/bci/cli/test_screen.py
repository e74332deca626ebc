"""An X display that does not answer is reported before Qt ends the process."""

import socket
import sys
from pathlib import Path

import pytest

from bci.cli import screen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X is Linux's here")


@pytest.fixture(autouse=True)
def sockets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put X's sockets into the test's own folder, and unset all other displays."""
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(screen, "_SOCKETS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("display", [":77", ":77.0", "unix:77", "localhost:5977.0"])
def test_a_display_that_nobody_serves_is_named(
    monkeypatch: pytest.MonkeyPatch, display: str
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert screen.dead_display() == display


def test_a_display_that_answers_is_none(monkeypatch: pytest.MonkeyPatch, sockets: Path) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sockets / "X77"))
        server.listen()
        assert screen.dead_display() == ""


@pytest.mark.parametrize(
    ("name", "value"), [("QT_QPA_PLATFORM", "offscreen"), ("WAYLAND_DISPLAY", "wayland-0")]
)
def test_where_qt_draws_elsewhere_it_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.setenv(name, value)
    assert screen.dead_display() == ""
