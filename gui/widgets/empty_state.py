"""A calm line where a view has nothing to show yet."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter

from gui.actions import with_key
from gui.theme import CAPTION_PX, Theme

# Of the views of the past, and of the line in their place.
HISTORY_HEIGHT, HINT_HEIGHT = 150, 36
NO_ENGINE = with_key("no engine: press Start engine", "engine")
STARTING = "the engine is starting ..."


def paint_hint(painter: QPainter, theme: Theme, box: QRectF, text: str) -> None:
    font = QFont(painter.font())
    font.setPixelSize(CAPTION_PX)
    painter.setFont(font)
    painter.setPen(theme.colour("dim"))
    align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(box.adjusted(14, 0, -14, 0), align, text)
