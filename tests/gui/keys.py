"""Keys as a user presses them."""

from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot


def press(qtbot: QtBot, window: QWidget, keys: str) -> None:
    """Press keys (``Ctrl+E``) in a window that has the focus, wherever in it that is."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=15000)
    QTest.keySequence(QApplication.focusWidget() or window, QKeySequence(keys))
