"""The window of a demo's first start."""

import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci.errors import PlaceError
from gui.widgets.preparation import PreparationWindow, Report, prepare


def shown() -> PreparationWindow | None:
    windows = QApplication.topLevelWidgets()
    return next((w for w in windows if isinstance(w, PreparationWindow) and w.isVisible()), None)


def test_step_is_shown_until_the_work_is_done(qtbot: QtBot) -> None:
    seen: list[str] = []

    def work(report: Report) -> int:
        report("Simulating ...")
        # Wait until the window has drawn the step.
        for _ in range(1000):
            window = shown()
            if window is not None and window.step.text() == "Simulating ...":
                seen.append(window.step.text())
                return 7
            threading.Event().wait(0.01)
        return 0

    assert prepare(work) == 7
    assert seen == ["Simulating ..."]
    # The window closes when the dashboard runs.
    qtbot.waitUntil(lambda: shown() is None)


def test_error_of_the_work_is_raised_and_the_window_closed(qtbot: QtBot) -> None:
    def work(_: Report) -> None:
        raise PlaceError("the folder is full")

    with pytest.raises(PlaceError, match="the folder is full"):
        prepare(work)
    assert shown() is None


def test_closing_the_window_ends_the_command(qtbot: QtBot) -> None:
    ended = threading.Event()

    def work(_: Report) -> None:
        ended.wait(60)

    def close() -> None:
        window = shown()
        assert window is not None
        window.close()

    QTimer.singleShot(0, close)
    with pytest.raises(KeyboardInterrupt):
        prepare(work)
    ended.set()
