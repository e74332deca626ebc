"""The band of signal states under the cues; hatched where decisions are suppressed."""

from collections import deque

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush

from gui.plots.past_plot import KEPT_S, SPAN_S, STALE_S, PastPlot
from gui.plots.tags import Tag, Tags

LOWEST = -0.64
"""Lowest value on the y axis of a history that shows the band."""

_BAND = (-0.6, -0.4)
# Seconds between two status messages of an engine.
_STATUS_S = 0.5


class StateBand:
    """The band of signal states in a history; states have numbers instead of names."""

    def __init__(self, plot: PastPlot) -> None:
        self._plot = plot
        # Start and end on the LSL clock, state, and whether decisions are suppressed in it
        self._spans: deque[tuple[float, float, int, bool]] = deque(maxlen=500)
        self.bars = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None)
        plot.addItem(self.bars, ignoreBounds=True)
        self.names = Tags(plot)

    @property
    def is_shown(self) -> bool:
        return bool(self._spans)

    @property
    def middle(self) -> float:
        """The middle of the band on the y axis."""
        return sum(_BAND) / 2

    def add(self, now: float, state: int, held_back: bool) -> None:
        """Add the state that an engine reports at ``now``, in seconds on the LSL clock."""
        begin = now - _STATUS_S
        if self._spans and now - self._spans[-1][1] < STALE_S:
            before = self._spans[-1]
            begin = before[1]
            if before[2:] == (state, held_back):
                self._spans.pop()
                begin = before[0]
        self._spans.append((begin, now, state, held_back))

    def clear(self) -> None:
        self._spans.clear()

    def draw(self) -> None:
        plot, theme, now = self._plot, self._plot.theme, self._plot.now
        left = plot.viewRect().left()
        spans = [s for s in self._spans if s[1] > now - SPAN_S - KEPT_S]
        brushes, tags = [], []
        for begin, end, state, held_back in spans:
            colour = theme.colour("dim")
            colour.setAlpha(min(255, 30 + 35 * state))
            brushes.append(QBrush(theme.colour("warning"), Qt.BrushStyle.BDiagPattern)
                           if held_back else QBrush(colour))  # fmt: skip
            text = f"state {state}: suppressed" if held_back else f"state {state}"
            seen = max(begin - now, left)
            if self.names.width_of(text) < (end - now - seen) * plot.px_per_s:
                ground = theme.colour("panel") if held_back else None
                tags.append(
                    Tag((seen + end - now) / 2, self.middle, text, theme.colour("text"), ground)
                )
        self.bars.setOpts(
            x0=[begin - now for begin, *_ in spans], x1=[end - now for _, end, *_ in spans],
            y0=[_BAND[0]] * len(spans), y1=[_BAND[1]] * len(spans), brushes=brushes,
        )  # fmt: skip
        self.names.show(tags)
