"""Texts at places in a plot."""

from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFontMetricsF

from gui.plots.axis import caption_font


class Tag(NamedTuple):
    """A text at (``x``, ``y``), in the plot's units, with its colours.

    ``anchor`` is the point of the text that lies there: (0, 0) is its top left, (1, 1) its bottom
    right. ``ground`` is the background colour, None for none.
    """

    x: float
    y: float
    text: str
    colour: QColor
    ground: QColor | None = None
    anchor: tuple[float, float] | None = None


class Tags:
    """The texts in a plot, replaced all at once; unchanged texts cost almost no time.

    ``anchor`` is used for tags without their own.
    """

    def __init__(
        self,
        plot: pg.PlotWidget,
        anchor: tuple[float, float] = (0.5, 0.5),
        bold: bool = False,
        z: float = 10,
    ) -> None:
        self._plot, self._anchor, self._font, self._z = plot, anchor, caption_font(bold), z
        self._items: list[pg.TextItem] = []
        self.shown: list[Tag] = []

    def show(self, tags: list[Tag]) -> None:
        """Replace all texts by ``tags``."""
        if tags == self.shown:
            return
        while len(self._items) < len(tags):
            item = pg.TextItem(anchor=self._anchor)
            item.setFont(self._font)
            item.setZValue(self._z)
            self._plot.addItem(item, ignoreBounds=True)
            self._items.append(item)
        for k, tag in enumerate(tags):
            item, before = self._items[k], self.shown[k] if k < len(self.shown) else None
            if before is None or before[2:] != tag[2:]:
                item.setText(tag.text, tag.colour)
                item.fill = pg.mkBrush(tag.ground)
                item.setAnchor(tag.anchor or self._anchor)
            item.setPos(tag.x, tag.y)
            item.setVisible(True)
        for item in self._items[len(tags) :]:
            item.setVisible(False)
        self.shown = tags

    def set_pixels(self, pixels: int) -> None:
        """Set the font size of all texts, in pixels."""
        if pixels != self._font.pixelSize():
            self._font.setPixelSize(pixels)
            for item in self._items:
                item.setFont(self._font)

    def width_of(self, text: str) -> float:
        """Return the width of a text with its margins, in pixels."""
        return QFontMetricsF(self._font).horizontalAdvance(text) + 8


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Shift places so that neighbours are at least ``gap`` apart.

    ``places`` are sorted from high to low. All stay between ``low`` and ``high`` if they fit.
    """
    found: list[float] = []
    at = high + gap
    for k, place in enumerate(places):
        at = max(min(place, at - gap), low + (len(places) - 1 - k) * gap)
        found.append(at)
    return found
