"""Closing the dashboard during a recording."""

from collections.abc import Callable

import psutil
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from bci.lsl.outlet import SignalOutlet
from bci.lsl.recorders import FoundRecorder
from gui.main_window import MainWindow
from gui.record.closing import farewell
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 15_000


def asked(window: MainWindow) -> QMessageBox:
    window.close()
    assert window.isVisible()
    boxes = window.findChildren(QMessageBox)
    assert len(boxes) == 1
    return boxes[0]


def press(box: QMessageBox, words: str) -> None:
    next(button for button in box.buttons() if words in button.text()).click()


def test_closing_while_recording_reports_that_it_continues_and_can_stop_it(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(recorded=(name,))
    window.confirms_closing = True
    window.record_bar.button.click()
    qtbot.waitUntil(lambda: name in window.record_bar.details.text(), timeout=LONG)
    assert window.recording.status is not None
    pid = window.recording.status.pid
    box = asked(window)
    assert "continues" in box.text()
    assert "press Stop" in box.text()
    assert box.textFormat() is Qt.TextFormat.PlainText
    press(box, "Do not close")
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox), timeout=LONG)
    assert window.isVisible()
    press(asked(window), "Stop recording")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid), timeout=LONG)
    outlet.close()


def test_without_a_recording_nothing_is_asked(open_window: OpenWindow) -> None:
    window = open_window()
    window.confirms_closing = True
    window.close()
    assert not window.isVisible()


def test_the_terminal_reports_how_a_recording_that_continues_is_stopped() -> None:
    status = FoundRecorder("u", "here", 4321, "recordings/x.xdf", 10.0, 1000, ("amp",), ())
    said = farewell(status)
    assert "recordings/x.xdf" in said
    assert "kill -INT 4321" in said
