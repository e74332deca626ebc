"""Numbers as colours whose lightness rises evenly: readable in grey, and by colour-blind eyes."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from gui.theme import CAPTION_PX, Theme

# Ten places of viridis (S. van der Walt and N. Smith, 2015; public domain), evenly apart.
_PLACES = (
    "#440154", "#482878", "#3e4989", "#31688e", "#26828e",
    "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725",
)  # fmt: skip


def _table() -> NDArray[np.uint32]:
    places = np.array([[int(place[k : k + 2], 16) for k in (1, 3, 5)] for place in _PLACES])
    along = np.linspace(0, len(places) - 1, 256)
    at = np.arange(len(places))
    red, green, blue = (np.round(np.interp(along, at, places[:, k])) for k in range(3))
    packed = 0xFF000000 + red * 0x10000 + green * 0x100 + blue
    table: NDArray[np.uint32] = packed.astype(np.uint32)
    return table


_TABLE = _table()


def coloured(values: NDArray[np.float64], low: float, high: float, unknown: QColor) -> QImage:
    """An image of values, (height, width), from ``low`` (dark) to ``high`` (light).

    NaN is drawn in the colour ``unknown``.
    """
    known = np.isfinite(values)
    share = (np.where(known, values, low) - low) / max(high - low, 1e-12)
    pixels = _TABLE[np.clip(share * 255, 0, 255).astype(np.uint8)]
    pixels = np.ascontiguousarray(np.where(known, pixels, np.uint32(unknown.rgba())))
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32)
    return image.copy()  # one that owns its pixels


def paint_scale(
    painter: QPainter, theme: Theme, box: QRectF, low: float, high: float, unit: str
) -> None:
    """The legend: colours from ``low`` at the bottom to ``high``, with the unit above."""
    ramp = coloured(np.linspace(high, low, 256)[:, None], low, high, QColor())
    painter.drawImage(box, ramp)
    font = QFont(painter.font())
    font.setPixelSize(CAPTION_PX)
    font.setBold(False)
    painter.setFont(font)
    painter.setPen(theme.colour("dim"))
    middle = Qt.AlignmentFlag.AlignVCenter
    for share in (0.0, 0.5, 1.0):
        y = box.bottom() - share * box.height()
        value = f"{low + share * (high - low):g}"
        painter.drawText(QRectF(box.right() + 6, y - 9, 44, 18), middle, value)
    painter.drawText(QRectF(box.left() - 2, box.top() - 26, 180, 18), middle, unit)
