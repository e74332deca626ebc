"""The window of a presenter and its keys."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QExposeEvent, QGuiApplication, QKeyEvent, QScreen, QWindow

_SIZE = QSize(960, 600)


def is_presenting() -> bool:
    """Return whether stimuli are being shown by this program."""
    windows = QGuiApplication.topLevelWindows()
    return any(isinstance(window, StimulusWindow) and window.isVisible() for window in windows)


class StimulusWindow(QWindow):
    """A bare window. Keys that are held down count once."""

    key_pressed = Signal(int, str)
    exposed = Signal(bool)  # whether it can be seen
    closing = Signal()  # by the person

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
        """Show the window on a screen, over everything or as a window, with the keys."""
        self.setScreen(screen)
        if full_screen:
            self.setCursor(Qt.CursorShape.BlankCursor)
            # Where there is no window manager nobody else makes it as large.
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
