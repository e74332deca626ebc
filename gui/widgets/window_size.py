"""Sizes of windows that fit the screen, including the title bar."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

# Assumed size of a window's frame, since the real one is unknown at first.
_FRAME = QSize(4, 44)


def resize_within_screen(window: QWidget, wanted: QSize) -> None:
    """Set the size of a window to ``wanted``, or less if the screen is smaller."""
    window.resize(wanted.boundedTo(room_of(window)))


def keep_within_screen(window: QWidget) -> None:
    """Shrink a window that is larger than the screen, as a stored size may be.

    A maximised or full-screen window is left unchanged.
    """
    if not (window.isMaximized() or window.isFullScreen()):
        window.resize(window.size().boundedTo(room_of(window)))


def room_of(window: QWidget) -> QSize:
    """Return the largest size that a window can have on its screen, without its frame."""
    return window.screen().availableGeometry().size() - _FRAME
