"""The traces as an image with cyclic columns: a frame costs only its new columns."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import State
from gui.scope.min_max import extremes, lost_columns
from gui.scope.rasterise import paint_columns
from gui.scope.trace_layout import TraceLayout
from gui.theme import DARK, Theme

# The ink (colour number) of a channel: faint if the user marked it bad, else by its quality.
FAINT = 0
INK = {State.GOOD: 1, State.DOUBTFUL: 2, State.BAD: 3, State.NOT_JUDGED: 1}
# Thickness of a level trace in pixels, less if rows are so low that traces would merge.
_THICKNESS, _MIN_THICKNESS, _SHARE_OF_ROW = 1.2, 0.7, 0.25
# If rows are lower than this, in pixels, every other trace is paler, to separate neighbours.
_LOW_ROW, _PALER = 6.0, 0.45
_GAP = 12.0  # pixels between the newest and the oldest column of a sweep


def inks_of(states: Sequence[State], marked: Sequence[bool]) -> NDArray[np.uint8]:
    """Return the ink of each channel: faint if the user marked it, else by quality.

    If most channels are doubtful, they have the ink of good ones, so that bad ones stand out; the
    marks beside the names still show them.
    """
    many = 2 * states.count(State.DOUBTFUL) > len(states)
    inks = INK | ({State.DOUBTFUL: INK[State.GOOD]} if many else {})
    chosen = [FAINT if is_marked else inks[s] for s, is_marked in zip(states, marked, strict=True)]
    return np.array(chosen, dtype=np.uint8)


class TraceImage(pg.GraphicsObject):
    """An image of the traces in device pixels, with one ink per channel.

    Columns are counted from the stream's first sample, so that a sample always belongs to the same
    column. Column c is stored at c modulo the image's width. So pixels are never moved: the image
    is painted in two parts, the older one first. With ``sweep`` it is painted as stored, with a gap
    after the newest column.

    Its coordinates are the pixels of its parent, not those of the plot, so that the image is never
    scaled.
    """

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.inks: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self.sweep = False
        self.clear(1, 1, 1.0)

    def clear(self, width: int, height: int, ratio: float) -> None:
        """Make an empty image of this size, with ``ratio`` device pixels per pixel."""
        self.prepareGeometryChange()
        shape = max(1, round(height * ratio)), max(1, round(width * ratio))
        names = ("panel", "lost", "line", "trace")
        colours = [self.theme.colour(name) for name in names]
        colours += [self.theme.quality_colour(state) for state in (State.DOUBTFUL, State.BAD)]
        self._colours = np.array(
            [(c.red(), c.green(), c.blue()) for c in colours], dtype=np.float32
        )
        self._bounds = QRectF(0, 0, width, height)
        self._ratio = ratio
        self._ground = colours[0].rgb()
        self.pixels = np.full(shape, self._ground, dtype=np.uint32)
        # The QImage uses this array's memory, so the array must live as long as the QImage.
        self._image = QImage(
            self.pixels.data, shape[1], shape[0], 4 * shape[1], QImage.Format.Format_RGB32
        )
        self._image.setDevicePixelRatio(ratio)
        self._drawn: int | None = None

    def draw_new(self, ring: RingBuffer, layout: TraceLayout) -> bool:
        """Draw the columns that are new since the last call; return whether any were.

        After `clear`, all columns are new.
        """
        height, width = self.pixels.shape
        per_column = layout.per_column * layout.width / width
        newest = int((layout.edge - 1) // per_column)
        start = newest - width if self._drawn is None else max(self._drawn, newest - width)
        if start >= newest or not len(layout.channels):
            return False
        low, high, first = extremes(ring, start, newest, per_column, layout.channels)
        lost = lost_columns(ring, first, len(low), per_column)
        centres = layout.centres.astype(np.float32)
        low -= centres
        high -= centres
        before = np.arange(start, min(first, newest)) % width
        self.pixels[:, before] = self._ground
        thickness = min(_THICKNESS, max(_MIN_THICKNESS, _SHARE_OF_ROW * layout.row))
        strength = np.ones(len(layout.channels), dtype=np.float32)
        known = layout.gains > 0
        scale = height / len(layout.channels) / np.where(known, layout.gains, np.inf)
        if layout.row < _LOW_ROW:
            strength[1::2] = _PALER
        inks = self.inks[np.asarray(layout.channels)]
        thickness *= self._ratio
        paint_columns(
            self.pixels, first, low, high, lost, scale, thickness, strength, inks, self._colours
        )
        self._drawn = newest
        return True

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._bounds

    def paint(self, painter: QPainter, *_: object) -> None:
        """Paint the image; the newest column is at the right, except in a sweep."""
        height, width = self.pixels.shape
        seam = (self._drawn or 0) % width
        x = seam / self._ratio
        if self.sweep:
            painter.drawImage(QPointF(0, 0), self._image)
            gap = QRectF(x, 0, min(_GAP, self._bounds.width() - x), self._bounds.height())
            painter.fillRect(gap, self.theme.colour("panel"))
            painter.fillRect(QRectF(x, 0, 1.5, gap.height()), self.theme.colour("dim"))
            return
        newer = QPointF((width - seam) / self._ratio, 0)
        painter.drawImage(QPointF(0, 0), self._image, QRectF(seam, 0, width - seam, height))
        if seam:
            painter.drawImage(newer, self._image, QRectF(0, 0, seam, height))
