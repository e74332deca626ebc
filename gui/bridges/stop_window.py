"""A stop button for the bridge that presses keys, in front of every other window."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QWidget

from gui.actions import with_key
from gui.widgets.buttons import button
from gui.widgets.layouts import column_of
from gui.widgets.themed import Themed

_SIZE, _FROM_EDGE = (170, 72), 24


class StopWindow(Themed, QWidget):
    """A window that stays on top and never takes the focus.

    The pressed keys reach the program that has the focus, so it must keep it.
    """

    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        flags = Qt.WindowType.Tool | Qt.WindowType.WindowStaysOnTopHint
        self.setWindowFlags(flags | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setWindowTitle("Keys are pressed")
        about = with_key("Release all keys, and end the bridge", "stop-keys")
        self.push = button("Stop keys", about, self.stop_wanted.emit, "stopkeys")
        self.push.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setLayout(column_of((self.push, 1), margins=(6, 6, 6, 6)))
        self.resize(*_SIZE)

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if (screen := QGuiApplication.primaryScreen()) is not None:
            room = screen.availableGeometry()
            away = QPoint(self.width() + _FROM_EDGE, self.height() + 2 * _FROM_EDGE)
            self.move(room.bottomRight() - away)
