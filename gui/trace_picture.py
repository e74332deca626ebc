"""The traces as a picture that moves to the left: a frame costs only its new columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect, QRectF
from PySide6.QtGui import QPainter, QPen, QPixmap

from bci.ring import RingBuffer
from gui.envelope import extremes
from gui.theme import DARK, Theme


@dataclass(frozen=True)
class Layout:
    """Where samples are in the picture.

    Columns of pixels are counted from the stream's first sample, so that the same sample is
    always drawn in the same column, whenever it is drawn. ``edge`` is one past the last sample
    shown, ``gain`` what a row's height stands for.
    """

    width: int
    height: int
    per_column: float
    edge: int
    channels: range
    gain: float

    @property
    def row(self) -> float:
        return self.height / max(1, len(self.channels))

    @property
    def last_column(self) -> int:
        return int(self.edge // self.per_column)

    def x(self, index: float) -> float:
        return self.width - (self.edge - index) / self.per_column

    def y(self, channel: int, value: float) -> float:
        return self.row * (channel - self.channels.start + 0.5) - value * self.row / self.gain

    def sample_at(self, x: float) -> int:
        return int(self.edge - (self.width - x) * self.per_column)

    def channel_at(self, y: float) -> int:
        return self.channels[int(max(0, min(y / self.row, len(self.channels) - 1)))]


class TracePicture:
    """A pixmap of the traces; channels of ``faint`` are drawn so."""

    def __init__(self) -> None:
        self.pixmap = QPixmap()
        self.theme: Theme = DARK
        self.faint: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._drawn = 0

    def clear(self, width: int, height: int, ratio: float) -> None:
        """Begin with an empty picture of this size, ``ratio`` device pixels a pixel."""
        self.pixmap = QPixmap(QRect(0, 0, width, height).size() * ratio)
        self.pixmap.setDevicePixelRatio(ratio)
        self.pixmap.fill(self.theme.colour("panel"))

    def draw_all(self, ring: RingBuffer, layout: Layout) -> None:
        """Draw all columns, into a cleared picture."""
        self._drawn = layout.last_column - layout.width
        self.draw_new(ring, layout)

    def draw_new(self, ring: RingBuffer, layout: Layout) -> None:
        """Draw the columns that came since, and move the others."""
        newest, width, height = layout.last_column, layout.width, layout.height
        n_new = min(newest - self._drawn, width)
        if n_new <= 0:
            return
        ratio = self.pixmap.devicePixelRatio()
        if n_new < width:
            self.pixmap.scroll(-round(n_new * ratio), 0, self.pixmap.rect())
        low, high, columns = extremes(ring, newest - n_new, newest, layout.per_column)
        channels = np.array(layout.channels)
        centres = layout.row * (np.arange(len(channels)) + 0.5)
        scale = layout.row / layout.gain
        x = width - newest + columns
        top = np.clip(centres - high[:, channels] * scale, 0, height)
        bottom = np.clip(centres - low[:, channels] * scale, 0, height)
        gone = np.isnan(top).any(axis=1)
        faint = self.faint[channels]
        lines = [
            ("line", _upright(x[~gone], top[~gone][:, faint], bottom[~gone][:, faint])),
            ("trace", _upright(x[~gone], top[~gone][:, ~faint], bottom[~gone][:, ~faint])),
        ]
        # An error between here and end() would leave the pixmap locked: nothing may fail.
        painter = QPainter(self.pixmap)
        painter.fillRect(QRectF(width - n_new, 0, n_new, height), self.theme.colour("panel"))
        for column in x[gone]:
            painter.fillRect(QRectF(column, 0, 1, height), self.theme.colour("lost"))
        for colour, drawn in lines:
            painter.setPen(QPen(self.theme.colour(colour), 1.0))
            painter.drawLines(drawn)
        painter.end()
        self._drawn = newest


def _upright(
    x: NDArray[np.int64], top: NDArray[np.float64], bottom: NDArray[np.float64]
) -> list[QLineF]:
    return [
        QLineF(at, a, at, b + 0.7)
        for at, tops, bottoms in zip(x, top, bottom, strict=True)
        for a, b in zip(tops.tolist(), bottoms.tolist(), strict=True)
    ]
