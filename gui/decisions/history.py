"""Predictions, or smoothed emotion levels, of the last half minute with true cues."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.tasks.smoothed_levels import BREAK_S, LevelCourse, true_levels
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.state_band import LOWEST, StateBand
from gui.decisions.timing.rejections import EXPLAINED
from gui.plots.axis import Axis
from gui.plots.past_plot import KEPT_S, NAME_PX, SPAN_S, STALE_S, Past, PastPlot
from gui.plots.tags import Tag, Tags
from gui.widgets.labels import HINT_HEIGHT, HISTORY_HEIGHT, NO_ENGINE, tip

# Heights in the plot: the band of cues, below the lines; the top, above the decisions; the shares
# that have a horizontal line.
_CUES, _HIGHEST, _MARKED = (-0.3, -0.1), 1.14, (0.0, 0.5, 1.0)
_TIP = (
    "Above the dotted line a class is decided. Without one, a triangle marks a decision of the "
    "engine, in the colour of its class."
)
# Number of steps of the shown span, about one per pixel. A line shows its lowest and highest value
# in each step.
_STEPS = 900


class HistoryView(PastPlot):
    """One line of probabilities per class, with the true cues as a band below.

    Below that are the states of the signal, if the model has states.

    Each line has its class's name at its end. Spans without predictions are hatched, with the
    reason if it is known. A class was decided where its line is above the dotted one. If decisions
    are made over several windows, triangles at the top mark them, and there is no dotted line.
    """

    def __init__(self, rule: DecisionRule) -> None:
        self.rule = rule
        self.classes: tuple[str, ...] = ()
        self._decisions: deque[DecisionEvent] = deque(maxlen=500)
        self._rejected: deque[tuple[float, str]] = deque(maxlen=500)
        # Time of each prediction, (n_predictions,), and its probabilities, (n_predictions,
        # n_classes).
        self.times = np.zeros(0)
        self.shares = np.zeros((0, 0))
        self._marked: tuple[object, ...] = ()
        self._left = Axis("left")
        super().__init__("Predictions of the last half minute", self._left, (_CUES[0], _HIGHEST))
        self._levels = [pg.InfiniteLine(share, angle=0) for share in _MARKED]
        self.threshold_line = pg.InfiniteLine(rule.threshold, angle=0)
        self._holes = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None)
        self.cue_bars = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None)
        self.decision_marks = pg.ScatterPlotItem(symbol="t", size=11, pen=None)
        behind = (*self._levels, self._holes, self.threshold_line)
        for item in (*behind, self.cue_bars, self.decision_marks):
            self.addItem(item, ignoreBounds=True)
        self.curves: list[pg.PlotCurveItem] = []
        self.states = StateBand(self)
        self.reasons, self.cue_names = Tags(self, (0, 0)), Tags(self)
        self.setToolTip(tip(f"{_TIP}\n\n{EXPLAINED}"))
        self.hint = NO_ENGINE
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Set whether an engine runs; without an engine only a hint is shown."""
        self.is_blank = not alive
        self.setFixedHeight(HISTORY_HEIGHT if alive else HINT_HEIGHT)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Set the class names of the engine that was found, and clear the history."""
        self.classes = classes
        self.times, self.shares = np.zeros(0), np.zeros((0, len(classes)))
        self._rejected.clear()
        self._decisions.clear()
        self.states.clear()
        self.set_y((_CUES[0], _HIGHEST))
        self.set_engine(True)
        self.refresh()

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Add predictions; those with another number of classes are ignored."""
        sound = [p for p in predictions if len(p.probabilities) == len(self.classes)]
        if not sound:
            return
        times = np.concatenate([self.times, [p.taken for p in sound]])
        shares = np.concatenate([self.shares, [p.probabilities for p in sound]])
        kept = times > times[-1] - SPAN_S - KEPT_S
        self.times, self.shares = times[kept], shares[kept]

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """Add the engine's decisions, with their times on the LSL clock."""
        self._decisions += decisions

    def show_rejected(self, now: float, why: str) -> None:
        """Add the reason ``why`` windows had no prediction just before ``now``.

        ``now`` is in seconds on the LSL clock.
        """
        self._rejected.append((now, why))

    def add_state(self, now: float, state: int | None, held_back: bool) -> None:
        """Add the state of the signal that the engine reports at ``now``.

        ``now`` is in seconds on the LSL clock. ``state`` is None for a model without states.
        ``held_back`` is True if decisions are suppressed in this state.
        """
        if state is None:
            return
        if not self.states.is_shown:
            self.set_y((LOWEST, _HIGHEST))
        self.states.add(now, state, held_back)

    def holes(self) -> list[tuple[float, float]]:
        """Return the start and end of each span without predictions, on the LSL clock."""
        times = np.append(self.times, self.now)
        before = np.flatnonzero(np.diff(times) > STALE_S)
        return list(zip(times[before].tolist(), times[before + 1].tolist(), strict=True))

    def lines(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the times and probabilities to draw, shape (n_points, n_classes).

        Each step has its lowest and highest value. Steps begin at fixed times, so that lines do
        not flicker as they move. Spans without predictions are NaN.
        """
        if not len(self.times):
            return self.times, self.shares
        first = np.flatnonzero(np.diff(np.floor(self.times * _STEPS / SPAN_S), prepend=-np.inf))
        both = [extreme.reduceat(self.shares, first) for extreme in (np.minimum, np.maximum)]
        shares = np.stack(both, axis=1).reshape(-1, len(self.classes))
        times = np.repeat(self.times[first], 2)
        holes = np.flatnonzero(np.diff(times) > STALE_S) + 1
        return np.insert(times, holes, times[holes - 1]), np.insert(shares, holes, np.nan, axis=0)

    def _fit_curves(self) -> None:
        """Make or remove curves, so that each class has one."""
        while len(self.curves) > len(self.classes):
            self.removeItem(self.curves.pop())
        while len(self.curves) < len(self.classes):
            self.curves.append(pg.PlotCurveItem(connect="finite"))
            self.addItem(self.curves[-1], ignoreBounds=True)

    def draw(self) -> None:
        theme, rule = self.theme, self.rule
        self._mark_levels()
        self._fit_curves()
        times, shares = self.lines()
        for k, curve in enumerate(self.curves):
            curve.setPen(self.pen(theme.class_colour(k), 2))
            curve.setData(times - self.now, shares[:, k])
        shown = [d for d in self._decisions if rule.evidence_s and d.label in self.classes]
        self.decision_marks.setData(
            [d.time - self.now for d in shown],
            [1.07] * len(shown),
            brush=[self._colour(d.label) for d in shown] or None,
        )
        self._draw_cues()
        self.states.draw()
        self._draw_holes()
        self._draw_names()

    def _colour(self, label: str | None) -> QColor:
        if label in self.classes:
            return self.theme.class_colour(self.classes.index(label))
        return self.theme.colour("dim")

    def _mark_levels(self) -> None:
        """Label the axis from 0 to 100 %, with a dotted line at the threshold."""
        theme, rule = self.theme, self.rule
        has_states = self.states.is_shown
        marked = theme.name, rule.threshold, rule.evidence_s, self.px_per_y, has_states
        if marked == self._marked:
            return
        self._marked = marked
        for line in self._levels:
            line.setPen(self.pen(theme.colour("line"), 1))
        self.threshold_line.setPen(self.pen(theme.colour("dim"), 1, style=Qt.PenStyle.DotLine))
        self.threshold_line.setValue(rule.threshold)
        self.threshold_line.setVisible(not rule.evidence_s)
        # Leave out a number that would overlap that of the threshold.
        decided = () if rule.evidence_s else (rule.threshold,)
        gap = NAME_PX / max(self.px_per_y, 1.0)
        usual = [s for s in _MARKED if all(abs(s - m) > gap for m in decided)]
        written = [(share, f"{100 * share:.0f} %") for share in (*usual, *decided)]
        bands = [(sum(_CUES) / 2, "cue")]
        if has_states:
            bands.append((self.states.middle, "state"))
        self._left.setTicks([[*written, *bands]])

    def _draw_cues(self) -> None:
        cues = self.cues_shown()
        brushes = [self._colour(cue) for _, _, cue in cues]
        self.cue_bars.setOpts(**_spans(cues, *_CUES), brushes=brushes)
        names, ink = [], self.theme.colour("on_class")
        left = self.viewRect().left()
        for start, stop, cue in cues:
            # If a cue began before the shown span, its name is centred in the visible part.
            seen = max(start, left)
            if self.cue_names.width_of(cue) < (stop - seen) * self.px_per_s:
                names.append(Tag((seen + stop) / 2, sum(_CUES) / 2, cue, ink))
        self.cue_names.show(names)

    def _draw_holes(self) -> None:
        holes = [(start - self.now, stop - self.now) for start, stop in self.holes()]
        brush = QBrush(self.theme.colour("line"), Qt.BrushStyle.BDiagPattern)
        self._holes.setOpts(**_spans(holes, 0.0, 1.0), brush=brush)
        tags = []
        for start, stop in holes:
            # A status reports on the last half second, so a reason may come after the span.
            whys = {why for time, why in self._rejected if start < time - self.now < stop + 0.6}
            text = ", ".join(sorted(whys)) or "no prediction"
            if self.reasons.width_of(text) < (stop - start) * self.px_per_s:
                colours = self.theme.colour("warning"), self.theme.colour("panel")
                tags.append(Tag(start, 1.0, text, *colours))
        self.reasons.show(tags)

    def _draw_names(self) -> None:
        """Write class names at the ends of lines; only the likeliest if space lacks.

        A name for the dotted line, or for the triangles, is placed among them.
        """
        rule, dim = self.rule, self.theme.colour("dim")
        ends = [(rule.threshold, "\u00b7\u00b7\u00b7 decided", dim)]
        if rule.evidence_s:
            ends = [(1.0, "\u25be decided", dim)]
        if len(self.shares):
            shares = self.shares[-1].tolist()
            room = int(self.px_per_y / NAME_PX)
            likeliest = sorted(range(len(shares)), key=lambda k: -shares[k])[:room]
            ends += [(shares[k], self.classes[k], self.theme.class_colour(k)) for k in likeliest]
        self.name_ends(ends)

    def past(self) -> Past:
        return Past(self.times, self.shares, tuple(f"p({name})" for name in self.classes))

    def words_at(self, k: int) -> str:
        best = int(np.argmax(self.shares[k]))
        return f"{self.classes[best]} {100 * self.shares[k, best]:.0f} %"


def _spans(spans: Sequence[tuple[Any, ...]], low: float, high: float) -> dict[str, list[float]]:
    """Return arguments for bars over ``spans`` in time, from ``low`` to ``high``."""
    n = len(spans)
    return {"x0": [span[0] for span in spans], "x1": [span[1] for span in spans],
            "y0": [low] * n, "y1": [high] * n}  # fmt: skip


class LevelHistory(PastPlot):
    """One line per axis for its smoothed expected level; dashed lines for true levels."""

    def __init__(self, course: LevelCourse) -> None:
        self._left = Axis("left")
        super().__init__("Levels of the last half minute", self._left, (0.7, 5.3))
        self._left.setGrid(255)
        self._left.setZValue(-1)
        self.course = course
        dashed = Qt.PenStyle.DashLine
        self.curves, self.true_curves = (
            [pg.PlotCurveItem(connect=connect) for _ in course.grid.axes]
            for connect in ("finite", "pairs")
        )
        self._styles = [(self.curves, Qt.PenStyle.SolidLine, 2), (self.true_curves, dashed, 1.5)]
        for curve in (*self.curves, *self.true_curves):
            self.addItem(curve, ignoreBounds=True)

    @property
    def course(self) -> LevelCourse:
        return self._course

    @course.setter
    def course(self, course: LevelCourse) -> None:
        self._course = course
        n = course.grid.n_levels
        self._left.setTicks([[(level, str(level)) for level in range(1, n + 1)]])
        self.set_y((0.7, n + 0.3))

    def draw(self) -> None:
        for curves, style, width in self._styles:
            for axis, curve in enumerate(curves):
                curve.setPen(self.pen(self.theme.class_colour(axis), width, style=style))
        times, levels, _ = self.past()
        gaps = np.flatnonzero(np.diff(times) > BREAK_S) + 1
        x = np.insert(times - self.now, gaps, np.nan)
        true = [(start, stop, named) for start, stop, cue in self.cues_shown()
                if (named := true_levels(self.course.grid, cue))]  # fmt: skip
        x_true = np.array([(start, stop) for start, stop, _ in true]).ravel()
        # Shifted apart, so that both dashed lines are visible if both axes have the same level.
        apart = 1.5 / max(self.px_per_y, 1.0)
        for axis, (curve, dashed) in enumerate(zip(self.curves, self.true_curves, strict=True)):
            curve.setData(x, np.insert(levels[:, axis], gaps, np.nan))
            at = [level[axis] + apart * (1 - 2 * axis) for _, _, level in true]
            dashed.setData(x_true, np.repeat(np.array(at), 2))
        ends = levels[-1].tolist() if len(levels) else [4.0, 2.0]
        names = enumerate(self.course.grid.axes)
        self.name_ends(
            [(ends[axis], name, self.theme.class_colour(axis)) for axis, name in names]
            + [(0.0, "- - true", self.theme.colour("dim"))]
        )

    def past(self) -> Past:
        steps, axes = self.course.steps, self.course.grid.axes
        levels = np.array([step.expected for step in steps]).reshape(-1, len(axes))
        return Past(np.array([step.time for step in steps]), levels, axes)

    def words_at(self, k: int) -> str:
        named = zip(self.course.grid.axes, self.course.steps[k].expected, strict=True)
        return ", ".join(f"{name} {level:.1f}" for name, level in named)
