"""The delays of the stimuli as a histogram."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table

_MOST_BINS = 40
_LEAST_WIDTH_MS = 0.1
_HINT = "no measurement yet"


class DelayHistogram(Plot):
    """Number of flashes by their delay in milliseconds, with a line at the median."""

    def __init__(self) -> None:
        super().__init__(
            "Delays", Axis("bottom", "delay behind the marker (ms)"), Axis("left", "flashes")
        )
        self._delays_ms: NDArray[np.float64] = np.empty(0)
        self._edges: NDArray[np.float64] = np.empty(0)
        self._counts: NDArray[np.int64] = np.empty(0, np.int64)
        self.bars = pg.BarGraphItem(x=[], height=[], width=1.0)
        self.median = pg.InfiniteLine(angle=90)
        for item in (self.bars, self.median):
            self.addItem(item)
        self.hint, self.is_blank = _HINT, True

    def show_delays(self, delays_s: NDArray[np.float64]) -> None:
        """Show delays in seconds; an empty array clears the plot."""
        self._delays_ms = 1000 * delays_s
        self.is_blank = not len(delays_s)
        if len(delays_s):
            self._count()
        self.refresh()

    def _count(self) -> None:
        low, high = float(self._delays_ms.min()), float(self._delays_ms.max())
        edges = np.histogram_bin_edges(self._delays_ms, "fd")
        width = max(_LEAST_WIDTH_MS, (high - low) / min(_MOST_BINS, max(1, len(edges) - 1)))
        n_bins = max(1, int(np.ceil((high - low) / width)))
        begin = (low + high - n_bins * width) / 2
        self._edges = np.asarray(begin + width * np.arange(n_bins + 1), np.float64)
        # Clipped, so that rounding does not leave the outermost delays out.
        clipped = np.clip(self._delays_ms, self._edges[0], self._edges[-1])
        self._counts, _ = np.histogram(clipped, self._edges)
        room = max(width, 0.1 * (high - low))
        top = 1.1 * float(self._counts.max())
        self.set_home((self._edges[0] - room, self._edges[-1] + room), (0.0, top))
        self.set_heading(f"{len(self._delays_ms)} flashes; the line is the median")

    def draw(self) -> None:
        if self.is_blank:
            return
        middles = (self._edges[:-1] + self._edges[1:]) / 2
        width = self._edges[1] - self._edges[0]
        panel, accent = self.theme.colour("panel"), self.theme.colour("accent")
        self.bars.setOpts(
            x=middles, height=self._counts, width=width, brush=accent, pen=self.pen(panel, 1)
        )
        self.median.setValue(float(np.median(self._delays_ms)))
        self.median.setPen(self.pen(self.theme.colour("text"), 2))

    def numbers(self) -> Table:
        return Table(("delay (ms)",), [(f"{each:.4f}",) for each in self._delays_ms])

    def read(self, place: QPointF) -> str:
        """Return the range and the count of the bin at ``place``; empty outside."""
        row = int(np.searchsorted(self._edges, place.x())) - 1
        if not 0 <= row < len(self._counts):
            return ""
        return (
            f"{self._edges[row]:.1f} to {self._edges[row + 1]:.1f} ms: {self._counts[row]} flashes"
        )
