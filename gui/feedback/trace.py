"""The feature of the last half minute with its threshold, for the operator."""

from collections import deque
from itertools import groupby

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy

from gui.feedback.feature_reader import FeedbackRow
from gui.plots.axis import Axis
from gui.plots.past_plot import KEPT_S, SPAN_S, STALE_S, Past, PastPlot
from gui.widgets.labels import tip

_HINT = "no session: press Start session"
_TIP = (
    "The shown feature, and its threshold as a dashed line. A triangle is a reward. Grey: an "
    "artifact paused the feedback."
)
# Least range of the y axis, so that the noise of a flat feature does not fill the height.
_LEAST_RANGE = 1e-6
_MARGIN = 0.12
_HELD_ALPHA = 70


class FeatureTrace(PastPlot):
    """A line for the feature, a dashed line for the threshold, triangles for rewards."""

    def __init__(self) -> None:
        self._rows: deque[FeedbackRow] = deque()
        self.unit = ""
        super().__init__("Feature of the last half minute", Axis("left"), (0.0, 1.0))
        self.held_bars = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None)
        self.feature_line = pg.PlotCurveItem(antialias=True, connect="finite")
        self.threshold_line = pg.PlotCurveItem(connect="finite")
        self.reward_marks = pg.ScatterPlotItem(symbol="t", size=11, pen=None)
        for item in (self.held_bars, self.threshold_line, self.feature_line, self.reward_marks):
            self.addItem(item, ignoreBounds=True)
        self.setToolTip(tip(_TIP))
        self.setMinimumHeight(150)
        self.setMaximumHeight(16_777_215)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.hint = _HINT
        self.is_blank = True

    def add(self, rows: list[FeedbackRow]) -> None:
        """Add windows, and remove those older than about a minute."""
        self._rows += rows
        last = self._rows[-1].taken
        while self._rows[0].taken < last - SPAN_S - KEPT_S:
            self._rows.popleft()
        self.is_blank = False

    def clear_rows(self) -> None:
        """Remove all windows, before a new session."""
        self._rows.clear()
        self.is_blank = True

    def past(self) -> Past:
        times = np.array([row.taken for row in self._rows])
        values = np.array([(row.feature, row.threshold) for row in self._rows]).reshape(-1, 2)
        unit = f" ({self.unit})" if self.unit else ""
        return Past(times, values, (f"feature{unit}", f"threshold{unit}"))

    def words_at(self, k: int) -> str:
        row = self._rows[k]
        threshold = "" if np.isnan(row.threshold) else f", threshold {row.threshold:.3g}"
        held = ", paused" if row.held else ""
        return f"{row.feature:.3g} {self.unit}{threshold}{held}"

    def draw(self) -> None:
        times, values, _ = self.past()
        if not len(times):
            return
        x = times - self.now
        seen = (x > -SPAN_S - 1) & np.isfinite(values[:, 0])
        if seen.any():
            known = values[seen][np.isfinite(values[seen])]
            low, high = float(known.min()), float(known.max())
            room = max(high - low, _LEAST_RANGE) * _MARGIN
            self.set_y((low - room, high + room))
        low, high = self._y
        # Lines are broken at gaps.
        broken = np.flatnonzero(np.diff(times) > STALE_S)
        lines = np.insert(values, broken + 1, np.nan, axis=0)
        at = np.insert(x, broken + 1, x[broken])
        theme = self.theme
        self.feature_line.setData(at, lines[:, 0], pen=self.pen(theme.colour("accent"), 1.6))
        dashed = self.pen(theme.colour("warning"), 1.4, style=Qt.PenStyle.DashLine)
        self.threshold_line.setData(at, lines[:, 1], pen=dashed)
        spans = self._held_spans()
        starts, ends = ([span[side] - self.now for span in spans] for side in (0, 1))
        self.held_bars.setOpts(
            x0=starts, x1=ends, y0=[low] * len(spans), y1=[high] * len(spans),
            brush=theme.colour("dim", _HELD_ALPHA),
        )  # fmt: skip
        rewards = [row.taken - self.now for row in self._rows if row.reward]
        top = high - 0.05 * (high - low)
        self.reward_marks.setData(x=rewards, y=[top] * len(rewards), brush=theme.class_colour(1))
        self._name(values[-1])

    def _name(self, newest: np.ndarray) -> None:
        ends = [(float(newest[0]), "feature", self.theme.colour("accent"))]
        if np.isfinite(newest[1]):
            ends.append((float(newest[1]), "threshold", self.theme.colour("warning")))
        self.name_ends([end for end in ends if np.isfinite(end[0])])

    def _held_spans(self) -> list[tuple[float, float]]:
        spans = []
        for held, group in groupby(self._rows, key=lambda row: row.held):
            if held:
                times = [row.taken for row in group]
                spans.append((times[0] - 0.05, times[-1] + 0.05))
        return spans
