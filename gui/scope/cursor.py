"""The scope's cursor: a line at the sample that is read, a region while one measures."""

import pyqtgraph as pg

from gui.scope.trace_layout import TraceReading
from gui.theme import Theme

_DOT = 8


class TraceCursor:
    """Items in a plot that show one reading, or two and the time between them.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._view = plot.getViewBox()
        self._line = pg.InfiniteLine(angle=90)
        self._region = pg.LinearRegionItem(movable=False)
        self._dots = pg.ScatterPlotItem(size=_DOT)
        self._items = (self._region, self._line, self._dots)
        for z, item in enumerate(self._items):
            item.setZValue(6 + z)
            plot.addItem(item, ignoreBounds=True)
        self.show(None, None)

    def apply_theme(self, theme: Theme) -> None:
        accent = theme.colour("accent")
        self._line.setPen(accent)
        self._dots.setPen(accent)
        self._dots.setBrush(accent)
        for line in self._region.lines:
            line.setPen(accent)
        accent.setAlpha(36)
        self._region.setBrush(accent)

    @property
    def is_shown(self) -> bool:
        return bool(self._line.isVisible())

    @property
    def span(self) -> tuple[float, float] | None:
        """The times between which one measures, on the axis of time."""
        return self._region.getRegion() if self._region.isVisible() else None

    def show(self, now: TraceReading | None, start: TraceReading | None) -> None:
        """Show the reading under the mouse, and that where the drag began."""
        self._line.setVisible(now is not None)
        self._dots.setVisible(now is not None)
        self._region.setVisible(now is not None and start is not None)
        if now is None:
            return
        at = [self._view.mapToView(pg.Point(each.x, each.y)) for each in (now, start) if each]
        self._line.setValue(at[0].x())
        self._dots.setData([point.x() for point in at], [point.y() for point in at])
        if start is not None:
            self._region.setRegion(sorted(point.x() for point in at))
