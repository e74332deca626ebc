"""Numbers as colours whose lightness rises evenly: readable in grey, and by colour-blind eyes."""

import pyqtgraph as pg

from gui.plots.axis import caption_font
from gui.theme import Theme

_WIDTH_PX, _NUMBERS_PX = 12, 44


class ColourScale(pg.ColorBarItem):
    """Viridis (S. van der Walt and N. Smith, 2015) with its numbers, at the right of a plot.

    `setLevels` sets the image's range, too.
    """

    def __init__(self, plot: pg.PlotWidget, image: pg.ImageItem) -> None:
        super().__init__(colorMap="viridis", width=_WIDTH_PX, interactive=False, colorMapMenu=False)
        self.axis.setWidth(_NUMBERS_PX)
        self.axis.setStyle(tickFont=caption_font(), tickLength=-4, maxTickLevel=0)
        self.setImageItem(image, insert_in=plot.plotItem)

    def apply_theme(self, theme: Theme) -> None:
        for side in ("left", "right", "top", "bottom"):
            self.getAxis(side).setPen(theme.colour("line"))
        self.axis.setTextPen(theme.colour("dim"))
