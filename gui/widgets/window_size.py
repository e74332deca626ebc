"""Sizes of windows that fit the screen they open on, with their title bar."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

# What a desktop puts around a window before its real frame is known.
_FRAME = QSize(4, 44)


def resize_within_screen(window: QWidget, wanted: QSize) -> None:
    """Give a window a size, or what the screen has room for."""
    window.resize(wanted.boundedTo(room_of(window)))


def keep_within_screen(window: QWidget) -> None:
    """Make a window smaller that is larger than the screen, as one remembered from another may be.

    One that fills the screen on purpose is left as it is.
    """
    if not (window.isMaximized() or window.isFullScreen()):
        window.resize(window.size().boundedTo(room_of(window)))


def room_of(window: QWidget) -> QSize:
    """The size that a window can have with its title bar."""
    return window.screen().availableGeometry().size() - _FRAME
