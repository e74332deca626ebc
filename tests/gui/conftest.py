"""The dashboard under test remembers nothing of the user's, and leaves nothing behind."""

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
# The real command line, but for the list of devices, which takes seconds to make.
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
    """Settings go to the test's own folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def no_window_left() -> Iterator[None]:
    """A window that stays open takes the mouse of the tests after it."""
    yield
    left = [each for each in QGuiApplication.topLevelWindows() if each.isVisible()]
    for each in left:
        each.close()
    assert [each.title() for each in left] == []


@pytest.fixture
def name() -> str:
    """Of a stream that no other test has."""
    return f"amp-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, name: str) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows that wait for the stream ``name``; they are closed at the end."""
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
