"""The window's keys."""

from collections.abc import Callable, Mapping

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget


def pressing(button: QPushButton) -> Callable[[], None]:
    """Make the action of a key that stands for a button; it does nothing while that is hidden."""
    return lambda: button.click() if button.isVisible() else None


def bind(window: QWidget, actions: Mapping[str, Callable[[], object]]) -> None:
    """Let each key (``Ctrl+L``) do its action, and the system's key for it close the window."""
    for key, action in actions.items():
        QShortcut(QKeySequence(key), window, action)
    QShortcut(QKeySequence.StandardKey.Quit, window, window.close)
