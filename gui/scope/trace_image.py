"""The traces as a picture that goes round: a frame costs only its new columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import State
from gui.scope.min_max import Channels, extremes, lost_columns
from gui.scope.rasterise import REACH, paint_columns
from gui.theme import DARK, Theme

# What a channel is drawn in: set aside by the user, or by its quality.
FAINT = 0
INK = {State.GOOD: 1, State.DOUBTFUL: 2, State.BAD: 3, State.NOT_JUDGED: 1}
# Of a level trace, in pixels; thinner where rows are so low that traces would run together.
_THICKNESS, _LEAST_THICKNESS, _SHARE_OF_ROW = 1.2, 0.7, 0.25
# Where rows are lower than this, every other trace is paler, to tell it from its neighbours.
_LOW_ROW, _PALER = 6.0, 0.45
_GAP = 12.0  # between the newest and the oldest of a sweep, in pixels


@dataclass(frozen=True)
class Layout:
    """Where samples are in the picture.

    ``edge`` is one past the last sample shown, which lies at the right edge; ``per_column`` are
    the samples a pixel. For each of the ``channels`` shown, ``gains`` holds what its row's height
    stands for, 0 while nobody knows, and ``centres`` the value in the middle of its row. With
    ``sweep`` the traces stand and the edge moves over them from left to right, as a pen does.
    """

    width: int
    height: int
    per_column: float
    edge: int
    channels: Channels
    gains: NDArray[np.float64]
    centres: NDArray[np.float64]
    sweep: bool = False

    @property
    def row(self) -> float:
        return self.height / max(1, len(self.channels))

    def holds(self, index: float) -> bool:
        """Whether a sample is within the time that is shown."""
        return self.edge - 1 - self.width * self.per_column <= index < self.edge

    def x(self, index: float) -> float:
        if self.sweep:
            return index / self.per_column % self.width
        return self.width - (self.edge - 1 - index) / self.per_column

    def y(self, channel: int, value: float) -> float:
        """Height at which a value is drawn: never far out of its row."""
        k = int(np.flatnonzero(np.asarray(self.channels) == channel)[0])
        rows = (value - self.centres[k]) / self.gains[k] if self.gains[k] > 0 else 0.0
        return self.row * (k + 0.5 - min(max(rows, -REACH), REACH))

    def sample_at(self, x: float) -> int:
        if self.sweep:
            newest = self.edge - 1
            back = (self.x(newest) - x) % self.width
            return round(newest - back * self.per_column)
        return round(self.edge - 1 - (self.width - x) * self.per_column)

    def channel_at(self, y: float) -> int:
        return int(self.channels[int(max(0, min(y / self.row, len(self.channels) - 1)))])


class TracePicture:
    """An image of the traces in the screen's own pixels, each channel in one of the inks.

    Columns are counted from the stream's first sample, so that the same sample is always drawn in
    the same column, whenever it is drawn. Column c lies at c modulo the image's width: nothing is
    ever moved, and the image is painted in two parts, the older first.
    """

    def __init__(self) -> None:
        self.theme: Theme = DARK
        self.inks: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self.clear(1, 1, 1.0)

    def clear(self, width: int, height: int, ratio: float) -> None:
        """Begin with an empty picture of this size, ``ratio`` device pixels a pixel."""
        shape = max(1, round(height * ratio)), max(1, round(width * ratio))
        names = ("panel", "lost", "line", "trace")
        colours = [self.theme.colour(name) for name in names]
        colours += [self.theme.quality_colour(state) for state in (State.DOUBTFUL, State.BAD)]
        self._colours = np.array(
            [(c.red(), c.green(), c.blue()) for c in colours], dtype=np.float32
        )
        self._ratio = ratio
        self._ground = colours[0].rgb()
        self._pixels = np.full(shape, self._ground, dtype=np.uint32)
        # The image looks at these very pixels, which must live as long as it.
        self._image = QImage(
            self._pixels.data, shape[1], shape[0], 4 * shape[1], QImage.Format.Format_RGB32
        )
        self._image.setDevicePixelRatio(ratio)
        self._drawn: int | None = None

    def draw_new(self, ring: RingBuffer, layout: Layout) -> bool:
        """Draw the columns that came since, or all into a cleared picture; whether any were."""
        height, width = self._pixels.shape
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
        self._pixels[:, before] = self._ground
        thickness = min(_THICKNESS, max(_LEAST_THICKNESS, _SHARE_OF_ROW * layout.row))
        strength = np.ones(len(layout.channels), dtype=np.float32)
        known = layout.gains > 0
        scale = height / len(layout.channels) / np.where(known, layout.gains, np.inf)
        if layout.row < _LOW_ROW:
            strength[1::2] = _PALER
        paint_columns(
            self._pixels, first, low, high, lost, scale, thickness * self._ratio, strength,
            self.inks[np.asarray(layout.channels)], self._colours,
        )  # fmt: skip
        self._drawn = newest
        return True

    def paint(self, painter: QPainter, at: QPointF, sweep: bool = False) -> None:
        """Put the picture where its left upper corner is to be.

        The newest column is at the right; with ``sweep`` it is where it was drawn, before a gap.
        """
        height, width = self._pixels.shape
        seam = (self._drawn or 0) % width
        if sweep:
            painter.drawImage(at, self._image)
            x = at.x() + seam / self._ratio
            gap = QRectF(x, at.y(), min(_GAP, (width - seam) / self._ratio), height / self._ratio)
            painter.fillRect(gap, self.theme.colour("panel"))
            painter.fillRect(QRectF(x, at.y(), 1.5, gap.height()), self.theme.colour("dim"))
            return
        newer = QPointF(at.x() + (width - seam) / self._ratio, at.y())
        painter.drawImage(at, self._image, QRectF(seam, 0, width - seam, height))
        if seam:
            painter.drawImage(newer, self._image, QRectF(0, 0, seam, height))
