"""Functions that press keys as a user does."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot


def press(qtbot: QtBot, window: QWidget, keys: str) -> None:
    """Press keys (``Ctrl+E``) in the widget of ``window`` that has the focus."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=15000)
    QTest.keySequence(QApplication.focusWidget() or window, QKeySequence(keys))


def type_in(window: QWindow | None, text: str) -> None:
    """Type digits and spaces into a presenter's window, even without the focus."""
    assert window is not None
    for letter in text:
        QTest.keyClick(window, Qt.Key(ord(letter)))


def strike(window: QWindow | None, key: Qt.Key) -> None:
    """Press one key in a presenter's window, even without the focus."""
    assert window is not None
    QTest.keyClick(window, key)
