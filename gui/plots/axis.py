"""Axes in the dashboard's font, whose numbers may have a unit; the colour scale."""

from collections.abc import Callable
from math import inf

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont

from gui.theme import CAPTION_PX, Theme


def caption_font(bold: bool = False) -> QFont:
    """Return the smallest font, which axes, tags and legends have."""
    font = QFont()
    font.setPixelSize(CAPTION_PX)
    font.setBold(bold)
    return font


def seconds_ago(x: float) -> str:
    """Return the text of a time ``x`` in seconds, negative before now; ``now`` for 0."""
    return "now" if abs(x) < 1e-6 else with_minus(f"{x:.4g} s")


def with_minus(text: str) -> str:
    """Return the text of a number with a minus sign in place of each hyphen."""
    return text.replace("-", "\u2212")


class Axis(pg.AxisItem):
    """An axis with a label such as ``frequency (Hz)``, or with a unit at each number.

    ``write`` returns a number's text, as `percent` does; if None, numbers have no unit. Only
    numbers between the two values of ``within`` are written.
    """

    def __init__(
        self,
        side: str,
        label: str = "",
        write: Callable[[float], str] | None = None,
        within: tuple[float, float] = (-inf, inf),
    ) -> None:
        super().__init__(side, maxTickLength=4)
        self.name, self.write, self.within = label, write, within
        self.enableAutoSIPrefix(False)
        self.setStyle(tickFont=caption_font(), maxTickLevel=0)

    def apply_theme(self, theme: Theme) -> None:
        self.setPen(theme.colour("line"))
        self.setTextPen(theme.colour("dim"))
        if self.name:
            self.setLabel(self.name, color=theme.dim, **{"font-size": f"{CAPTION_PX}px"})

    def text_of(self, value: float) -> str:
        """Return the text of ``value`` as on this axis."""
        return self.write(value) if self.write else f"{value:.4g}"

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        # Larger, since the first and the last number reach beyond the axis.
        return super().boundingRect().adjusted(-48, -10, 48, 10)

    def tickValues(  # noqa: N802 - pyqtgraph's name
        self, low: float, high: float, size: float
    ) -> list[tuple[float, list[float]]]:
        first, last = self.within
        major = super().tickValues(low, high, size)[:1]
        return [(step, [v for v in values if first <= v <= last]) for step, values in major]

    def tickStrings(  # noqa: N802 - pyqtgraph's name
        self, values: list[float], scale: float, spacing: float
    ) -> list[str]:
        if self.write is None:
            return [with_minus(text) for text in super().tickStrings(values, scale, spacing)]
        return [self.write(value) for value in values]


class ColourScale(pg.ColorBarItem):
    """The colour scale beside a plot; `setLevels` also sets the image's range.

    The lightness of viridis (S. van der Walt and N. Smith, 2015) rises evenly. So the scale is
    readable in grey, and by colour-blind eyes.
    """

    def __init__(
        self, plot: pg.PlotWidget, image: pg.ImageItem, colours: pg.ColorMap | str = "viridis"
    ) -> None:
        super().__init__(colorMap=colours, width=12, interactive=False, colorMapMenu=False)
        self.axis.setWidth(44)
        self.axis.setStyle(tickFont=caption_font(), tickLength=-4, maxTickLevel=0)
        self.setImageItem(image, insert_in=plot.plotItem)

    def apply_theme(self, theme: Theme) -> None:
        for side in ("left", "right", "top", "bottom"):
            self.getAxis(side).setPen(theme.colour("line"))
        self.axis.setTextPen(theme.colour("dim"))
