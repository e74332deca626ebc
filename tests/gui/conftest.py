"""Fixtures: a dashboard without the user's settings, which is closed at the end."""

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from gui.main_window import MainWindow
from gui.options import DashboardOptions

NO_DEVICES = (sys.executable, "-c", """print('{"event": "devices"}')""")
# The real command line, except for the list of devices, which takes seconds.
BCI = (
    sys.executable,
    "-c",
    """import sys
if sys.argv[1] == "devices":
    print('{"event": "devices"}')
else:
    from bci.__main__ import main
    main()
""",
)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store settings in the test's own folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def no_window_left() -> Iterator[None]:
    """Close open windows at the end, which would get the mouse events of later tests."""
    yield
    left = [each for each in QGuiApplication.topLevelWindows() if each.isVisible()]
    for each in left:
        each.close()
    assert [each.title() for each in left] == []


@pytest.fixture
def name() -> str:
    """Return a stream name that no other test uses."""
    return f"amp-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, name: str) -> Iterator[Callable[..., MainWindow]]:
    """Yield a function that opens windows for the stream ``name``; close them at the end."""
    opened: list[MainWindow] = []

    def open_one(**options: Any) -> MainWindow:
        given: dict[str, Any] = {
            "signal": StreamQuery(name=name),
            "markers": None,
            "engine_name": f"{name}-engine",
            "cue_of": {}.get,
            "bci": BCI,
            "recordings": tmp_path / "recordings",
            "settings": tmp_path / "dashboard.json",
        }
        window = MainWindow(DashboardOptions(**(given | options)))
        opened.append(window)
        window.show()
        return window

    yield open_one
    for window in opened:
        window.close()
