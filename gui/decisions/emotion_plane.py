"""Valence and arousal as a dot in a plane, with a trail, and one bar per level."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QLabel

from bci.lsl.engine_streams import ReceivedPrediction
from bci.tasks.emotion_levels import LevelGrid, grid_of
from bci.tasks.smoothed_levels import BREAK_S, LevelCourse, true_levels
from gui.decisions.decision_view import DecisionFrame
from gui.decisions.headline import NO_PREDICTION, is_decided
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.widgets.labels import tip
from gui.widgets.layouts import column_of, named, row_of

_PLANE_PX, _BAR_PX = 184, 15
_NUMBERS_PX, _SHARES_PX = 32, 44
_TRAIL_S = 12.0
# Number of steps in which the trail fades, and the opacity of the oldest step, 0 to 255.
_N_FADES, _FAINTEST = 6, 80
_TRUE = "\u25a1"
_TIP = (
    "Valence: how pleasant. Arousal: how excited. The dot is the decoded state, smoothed over some "
    "seconds. It is hollow while the engine decides nothing. The squares are the true levels. A "
    "bar is how likely a level is, from 1 to 5."
)
# Words for both ends of an axis, the low end first.
_ENDS = {"valence": ("unpleasant", "pleasant"), "arousal": ("calm", "excited")}


class EmotionPlane(Plot):
    """The smoothed state as a dot in the plane of two axes, with its trail of 12 s."""

    def __init__(self, course: LevelCourse) -> None:
        self._sides = Axis("bottom"), Axis("left")
        super().__init__("Plane of emotion levels", *self._sides)
        for axis in self._sides:
            axis.setGrid(255)
        self.plotItem.layout.setContentsMargins(0, 2, 12, 0)
        self.setFixedSize(_PLANE_PX, _PLANE_PX)
        self.true_square = pg.PlotCurveItem()
        self.trail = [pg.PlotCurveItem(connect="pairs", antialias=True) for _ in range(_N_FADES)]
        self.dot = pg.ScatterPlotItem(size=15, antialias=True)
        for item in (self.true_square, *self.trail, self.dot):
            self.addItem(item)
        self.true: tuple[int, ...] = ()
        self.is_live = self.is_decided = False
        self.set_course(course)

    def set_course(self, course: LevelCourse) -> None:
        """Show another course of levels."""
        self.course = course
        n = course.grid.n_levels
        for axis, name in zip(self._sides, course.grid.axes, strict=True):
            axis.setTicks([[(level, str(level)) for level in range(1, n + 1)]])
            axis.name = " \u2192 ".join(_ENDS[name]) if name in _ENDS else name
            axis.apply_theme(self.theme)
        # Half a level of margin on each side.
        self.set_home((0.5, n + 0.5), (0.5, n + 0.5))

    def show_state(self, true: tuple[int, ...], is_live: bool, is_decided: bool) -> None:
        """Show the newest point of the course as a dot.

        ``true`` has the true level of each axis, empty if unknown. The dot is shown if
        predictions are live, and filled if the engine decides.
        """
        self.true, self.is_live, self.is_decided = true, is_live, is_decided
        self.refresh()

    def draw(self) -> None:
        theme, times, levels = self.theme, *self._steps()
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) / 2
        square = corners + self.true if self.true else np.zeros((0, 2))
        self.true_square.setData(*square.T)
        self.true_square.setPen(self.pen(theme.colour("text"), 2))
        age = times[-1] - times if len(times) else times
        joined = np.diff(times) <= BREAK_S
        for k, curve in enumerate(self.trail):
            old, young = ((_N_FADES - k - step) * _TRAIL_S / _N_FADES for step in (0, 1))
            parts = np.flatnonzero(joined & (age[1:] < old) & (age[1:] >= young))
            pairs = np.stack([levels[parts], levels[parts + 1]], axis=1).reshape(-1, 2)
            curve.setData(*pairs.T)
            alpha = round(_FAINTEST + (255 - _FAINTEST) * k / (_N_FADES - 1))
            curve.setPen(self.pen(theme.colour("accent", alpha), 3))
        at = levels[-1:] if self.is_live else levels[:0]
        fill = theme.colour("accent" if self.is_decided else "panel")
        self.dot.setData(*at.T, brush=fill, pen=self.pen(theme.accent, 2.5))

    def _steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Return times, shape (n_steps,), and expected levels, shape (n_steps, 2)."""
        steps = self.course.steps
        levels = np.array([step.expected for step in steps]).reshape(-1, 2)
        return np.array([step.time for step in steps]), levels

    def numbers(self) -> Table:
        rows = np.column_stack(self._steps()).tolist()
        return Table(("time (s)", *self.course.grid.axes), rows)

    def read(self, place: QPointF) -> str:
        across, up = self.course.grid.axes
        return f"{across} {place.x():.1f}, {up} {place.y():.1f}"


class EmotionView(DecisionFrame):
    """The engine's decision, and levels of two axes as a dot in a plane and bars.

    Dot and bars show smoothed probabilities, see `LevelCourse`. The foot line states the delay of
    the smoothing. The decision is not smoothed.
    """

    def __init__(self, threshold: float = 0.1) -> None:
        super().__init__("Valence and arousal", threshold, headline_px=22)
        self.course = LevelCourse(LevelGrid(("valence", "arousal")))
        self.plane = EmotionPlane(self.course)
        self.threshold_words = named(QLabel(), "dim")
        self.axis_names = tuple(named(QLabel(), "plain") for _ in range(2))
        self.bars = tuple(
            ProbabilityBars("Probability of each level", _NUMBERS_PX, _SHARES_PX)
            for _ in self.axis_names
        )
        for bars in self.bars:
            bars.plotItem.layout.setContentsMargins(0, 0, 0, 0)
        (across, upwards), (first, second) = self.axis_names, self.bars
        left = column_of(self.plane, self.threshold_words, spacing=2)
        right = column_of(across, first, upwards, second, None, spacing=2)
        self.body.addWidget(self.headline)
        self.body.addLayout(row_of(left, (right, 1), spacing=10))
        self.setToolTip(tip(_TIP))
        self.set_classes(self.course.grid.classes)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Set an engine's classes if they are levels of two axes; else do nothing."""
        grid = grid_of(classes)
        if grid is None or len(grid.axes) != 2:
            return
        self.course = LevelCourse(grid)
        self.live = False
        self.plane.set_course(self.course)
        for axis, name, bars in zip(grid.axes, self.axis_names, self.bars, strict=True):
            name.setText(axis)
            bars.set_home((0.0, 1.0), (-0.5, grid.n_levels - 0.5))
            bars.setFixedHeight(grid.n_levels * _BAR_PX)
        super().set_classes(classes)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        if prediction is None:
            self.course.reset()
        super().show_prediction(prediction)

    def take(self, prediction: ReceivedPrediction) -> None:
        self.course.add(prediction.taken, prediction.probabilities)

    @property
    def decision(self) -> str:
        if self.course.by_axis is None:
            return NO_PREDICTION
        levels = true_levels(self.course.grid, super().decision)
        return self._named(levels) if levels else super().decision

    @property
    def sentence(self) -> str:
        """The true levels in words, or words for their absence."""
        levels = true_levels(self.course.grid, self.cue)
        return f"true: {self._named(levels)}" if levels else "true levels: none now"

    def _named(self, levels: tuple[int, ...]) -> str:
        axes = self.course.grid.axes
        return ", ".join(f"{axis} {level}" for axis, level in zip(axes, levels, strict=True))

    def refresh(self) -> None:
        super().refresh()
        self.write_headline(self.theme.colour("text"))
        self.threshold_words.setText(self.rule.words)
        true = true_levels(self.course.grid, self.cue)
        if self.plane.theme is not self.theme:
            self.plane.theme = self.theme
        self.plane.show_state(true, self.live, is_decided(self.decision))
        for axis, plot in enumerate(self.bars):
            plot.show_bars(self.theme, self._bars_of(axis, true), 0.0, "", has_line=False)
        mark, colour = (f"{_TRUE} ", "text") if true else ("", "dim")
        self.write_foot(mark + self.sentence, colour)
        self.beside_foot.setText(f"{self.course.delay_s:g} s delay")

    def _bars_of(self, axis: int, true: tuple[int, ...]) -> list[Bar]:
        """Make one bar per level of ``axis`` (0 or 1), the highest level on top."""
        by_axis, colour = self.course.by_axis, self.theme.class_colour(axis)
        shares = by_axis[axis].tolist() if self.live and by_axis is not None else None
        bars = []
        for level in range(self.course.grid.n_levels, 0, -1):
            mark = _TRUE if true and true[axis] == level else ""
            bars.append(Bar(str(level), shares[level - 1] if shares else None, colour, mark))
        return bars
