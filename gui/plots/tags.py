"""Words at places in a plot."""

from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFontMetricsF

from gui.plots.axis import caption_font


class Tag(NamedTuple):
    """A text, where it stands in the plot's units, and its colours.

    ``anchor`` is the point of it that is there: (0, 0) is its top left, (1, 1) its bottom right.
    """

    x: float
    y: float
    text: str
    colour: QColor
    ground: QColor | None = None
    anchor: tuple[float, float] | None = None


class Tags:
    """Texts in a plot, replaced all at once; what did not change costs next to nothing.

    ``anchor`` is that of tags that have none.
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
        """Show these and no others."""
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
        """Size of the texts."""
        if pixels != self._font.pixelSize():
            self._font.setPixelSize(pixels)
            for item in self._items:
                item.setFont(self._font)

    def width_of(self, text: str) -> float:
        """The width of a text in pixels."""
        return QFontMetricsF(self._font).horizontalAdvance(text) + 8


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Shift places, sorted from high to low, so that none is nearer to the next than ``gap``.

    All stay between ``low`` and ``high`` where there is room for all.
    """
    found: list[float] = []
    at = high + gap
    for k, place in enumerate(places):
        at = max(min(place, at - gap), low + (len(places) - 1 - k) * gap)
        found.append(at)
    return found
