"""The patch of the timing lab: lit to place the sensor, then flashing."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from bci.stimulus.flashes import PATCH, Flashes
from bci.stimulus.frames import Frame

_DARK, _LIT, _TEXT = QColor("#000000"), QColor("#ffffff"), QColor("#8a8f98")
_USUAL_S = 1 / 60
# Side of the patch as a share of the window's shorter side, and letters as a share of its height.
_SIDE, _LETTERS = 0.4, 0.03
PLACING = "Put the sensor on the square, then press Space. Esc ends."


class PatchScene:
    """A square in the middle of a dark window, lit until `begin`, then flashing."""

    def __init__(self, flashes: Flashes, on_flash: Callable[[], None] = lambda: None) -> None:
        self._on_flash = on_flash
        self.flashes = flashes
        self.running = False
        self._lit = True
        self._due = float("nan")

    def begin(self) -> None:
        """Start to flash at the next frame."""
        self.running = True

    def advance(self, frame: Frame) -> Sequence[str]:
        if not self.running:
            return ()
        step = frame.due - self._due
        # The usual period is used for the first frame, and after a dropped frame.
        period_s = step if 0 < step < 2 * _USUAL_S else _USUAL_S
        self._due = frame.due
        self._lit, begins = self.flashes.at(frame.due, period_s)
        return (PATCH,) if begins else ()

    def paint(self, painter: QPainter, size: QSize) -> None:
        width, height = size.width(), size.height()
        painter.fillRect(0, 0, width, height, _DARK)
        side = _SIDE * min(width, height)
        square = QRectF((width - side) / 2, (height - side) / 2, side, side)
        if self._lit:
            painter.fillRect(square, _LIT)
        if self.running:
            return
        font = QFont()
        font.setPixelSize(max(14, round(_LETTERS * height)))
        painter.setFont(font)
        painter.setPen(_TEXT)
        below = QRectF(0, square.bottom(), width, height - square.bottom())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, PLACING)

    def shown(self, _time: float, labels: Sequence[str]) -> None:
        if labels:
            self._on_flash()
