"""The window of a presenter and its keys."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QExposeEvent, QGuiApplication, QKeyEvent, QScreen, QWindow

_SIZE = QSize(960, 600)


def is_presenting() -> bool:
    """Return whether this program shows a window of stimuli."""
    windows = QGuiApplication.topLevelWindows()
    return any(isinstance(window, StimulusWindow) and window.isVisible() for window in windows)


class StimulusWindow(QWindow):
    """A plain window; a key that is held down is reported once."""

    key_pressed = Signal(int, str)
    exposed = Signal(bool)  # whether the window is visible
    closing = Signal()  # the person closes the window

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setTitle(title)
        self.resize(_SIZE)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if not event.isAutoRepeat():
            self.key_pressed.emit(event.key(), event.text())

    def exposeEvent(self, _event: QExposeEvent) -> None:  # noqa: N802 - Qt's name
        self.exposed.emit(self.isExposed())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self.closing.emit()
        event.accept()

    def show_on(self, screen: QScreen, full_screen: bool) -> None:
        """Show the window on ``screen``, in full screen or not, with the keyboard focus."""
        self.setScreen(screen)
        if full_screen:
            self.setCursor(Qt.CursorShape.BlankCursor)
            # Without a window manager, only this makes the window as large as the screen.
            self.setGeometry(screen.geometry())
            self.showFullScreen()
        else:
            self.unsetCursor()
            was_full = self.windowState() == Qt.WindowState.WindowFullScreen
            self.showNormal()
            room = screen.availableGeometry()
            if was_full or not room.intersects(self.geometry()):
                place = QRect(QPoint(), _SIZE.boundedTo(room.size()))
                place.moveCenter(room.center())
                self.setGeometry(place)
        self.requestActivate()
