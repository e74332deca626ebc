"""The contents of a presenter's window."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter

from bci.stimulus.frames import Frame


class Scene(Protocol):
    """Contents of the window; each frame calls the methods once, in this order."""

    def advance(self, frame: Frame) -> Sequence[str]:
        """Advance to ``frame``; return the labels of the markers that belong to it."""
        ...

    def paint(self, painter: QPainter, size: QSize) -> None:
        """Paint the whole frame; ``size`` is in logical pixels."""
        ...

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Receive the ``time`` of the frame's swap, after its markers were sent.

        ``time`` is in seconds on the LSL clock; ``labels`` are those that `advance` returned.
        """
        ...


class BlankScene:
    """An empty, dark scene."""

    def advance(self, _frame: Frame) -> Sequence[str]:
        return ()

    def paint(self, painter: QPainter, size: QSize) -> None:
        painter.fillRect(0, 0, size.width(), size.height(), 0xFF0D0F12)

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Do nothing: the scene has no markers. Arguments as for `Scene.shown`."""
