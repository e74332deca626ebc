"""The learning curve of a session: the feature's change from baseline in each run."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt

from bci.messages import FeedbackRunEvent
from gui.plots.axis import Axis, with_minus
from gui.plots.plot import Plot, Table
from gui.widgets.labels import tip

_LEAST_SD = 1.0
_MARGIN = 1.15


class LearningCurve(Plot):
    """One dot per run, filled for feedback and hollow for transfer; 0 is the baseline."""

    def __init__(self) -> None:
        bottom = Axis("bottom", "run", write=lambda x: f"{x:g}" if float(x).is_integer() else "")
        left = Axis("left", "change (SD of the baseline)")
        super().__init__("Learning curve", bottom, left)
        self.runs: list[FeedbackRunEvent] = []
        self.line = pg.PlotCurveItem(antialias=True)
        self.dots = pg.ScatterPlotItem(size=12)
        self.zero = pg.InfiniteLine(0.0, angle=0)
        for item in (self.zero, self.line, self.dots):
            self.addItem(item, ignoreBounds=True)
        self.setToolTip(
            tip(
                "Mean of the feature in each run, as its distance from the baseline. "
                "The unit is the baseline's standard deviation; up is the trained direction. "
                "Hollow: a transfer run."
            )
        )
        self.hint, self.is_blank = "learning curve: no run is over", True

    def show_runs(self, runs: Sequence[FeedbackRunEvent]) -> None:
        """Show the runs whose change from the baseline is known."""
        self.runs = [run for run in runs if run.change_sd is not None]
        self.is_blank = not self.runs
        if self.runs:
            most = max(_LEAST_SD, *(abs(run.change_sd or 0.0) for run in self.runs))
            first, last = self.runs[0].run, self.runs[-1].run
            self.set_home((first - 0.5, last + 0.5), (-_MARGIN * most, _MARGIN * most))
        self.refresh()

    def draw(self) -> None:
        theme = self.theme
        x, y = self._points()
        is_feedback = np.array([run.kind == "feedback" for run in self.runs], dtype=bool)
        accent = theme.colour("accent")
        self.line.setData(x[is_feedback], y[is_feedback], pen=self.pen(accent, 1.6))
        brushes = [accent if filled else theme.colour("panel") for filled in is_feedback]
        self.dots.setData(x=x, y=y, brush=brushes, pen=self.pen(accent, 1.6))
        self.zero.setPen(self.pen(theme.colour("dim"), 1, style=Qt.PenStyle.DashLine))

    def _points(self) -> tuple[np.ndarray, np.ndarray]:
        points = [(run.run, run.change_sd) for run in self.runs]
        x, y = np.array(points, dtype=float).reshape(-1, 2).T
        return x, y

    def read(self, place: QPointF) -> str:
        near = min(self.runs, key=lambda run: abs(run.run - place.x()), default=None)
        if near is None or near.change_sd is None:
            return ""
        return with_minus(f"run {near.run}, {near.kind}: {near.change_sd:+.2f} SD")

    def numbers(self) -> Table:
        rows = [(run.run, run.kind, run.change_sd) for run in self.runs]
        return Table(("run", "kind", "change (SD of the baseline)"), rows)
