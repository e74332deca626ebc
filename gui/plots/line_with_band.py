"""Lines of accuracy by time or by trials, with intervals as bands, and chance."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from bci.evaluation.metrics import exact_interval
from bci.messages import PointEvent, StepEvent
from bci.training.time_course import TimeCourse
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.tags import Tag, Tags
from gui.widgets.labels import tip
from gui.widgets.units import percent

_MAX_DOTS, _MAX_BARS = 12, 6
_VEIL = 56
# Overlapping windows, so no interval is shown.
_SCORED = "accuracy of held-out windows"
_ALONE = "own trials alone"


class LineWithBand(Plot):
    """Accuracies from 0 to 100 %, their 95 % intervals, and chance as a dashed line.

    ``column`` is the name of the horizontal values in the copied numbers, with their unit.
    """

    def __init__(self, title: str, column: str, bottom: Axis) -> None:
        self.left = Axis("left", write=percent)
        super().__init__(title, bottom, self.left)
        self._column = column
        # Per point: horizontal value, accuracy, and low and high end of the interval.
        self.points: list[Sequence[float]] = []
        self.chance = 0.0
        self._low, self._high = pg.PlotCurveItem(), pg.PlotCurveItem()
        self.band = pg.FillBetweenItem(self._low, self._high)
        self.bars = pg.ErrorBarItem(beam=0.0)
        self.line = pg.PlotDataItem(symbolSize=8, symbolPen=None, antialias=True)
        self.chance_line = pg.InfiniteLine(angle=0)
        self._words = Tags(self, (0, 0))
        for item in (self.band, self.chance_line, self.bars, self.line):
            self.addItem(item)

    def show_points(self, points: Sequence[Sequence[float]], chance: float, end: float) -> None:
        """Show ``points``, each (x, accuracy, low, high), on an axis that ends at ``end``."""
        self.points, self.chance = list(points), chance
        # A single point has space on both sides.
        first = points[0][0] - 1.0 if len(points) == 1 else 0.0
        self.set_home((first, end), (0.0, 1.02))
        self.refresh()

    def draw(self) -> None:
        x, y, low, high = np.array(self.points, dtype=float).reshape(-1, 4).T
        colour = self.theme.colour("accent")
        self.band.setBrush(self.theme.colour("accent", _VEIL))
        self._low.setData(x, low)
        self._high.setData(x, high)
        self.bars.setData(x=x, y=y, top=high - y, bottom=y - low, pen=self.pen(colour, 1.4))
        self.bars.setVisible(len(x) <= _MAX_BARS)
        symbol = "o" if len(x) <= _MAX_DOTS else None
        self.line.setData(x, y, pen=self.pen(colour, 2), symbol=symbol, symbolBrush=colour)
        dim = self.theme.colour("dim")
        self.chance_line.setPen(self.pen(dim, 1, style=Qt.PenStyle.DashLine))
        self.chance_line.setValue(self.chance)
        self.chance_line.setVisible(bool(self.points))
        # The text is at the left, where no line begins.
        left = self._home[0][0]
        self._words.show([Tag(left, self.chance, "chance", dim)] if self.points else [])

    def numbers(self) -> Table:
        columns = (self._column, "accuracy", "low (95 %)", "high (95 %)", "chance")
        return Table(columns, [(*point, self.chance) for point in self.points])


class CourseView(LineWithBand):
    """Accuracy on held-out trials, by the time after the cue at which the window ends."""

    def __init__(self) -> None:
        bottom = Axis("bottom", write=lambda seconds: f"{seconds:g} s")
        super().__init__("Accuracy by time after the cue", "time after the cue (s)", bottom)
        self.intervals: list[tuple[float, float]] = []
        self.setMinimumSize(260, 130)
        self.set_heading("accuracy, by seconds after the cue")
        self.hint, self.is_blank = "accuracy by time: not stored", True

    def set_course(self, course: TimeCourse | None, window_s: float, chance: float) -> None:
        """Show the accuracy by time; ``course`` is None if the model has none.

        ``window_s`` is the length of a window in seconds, ``chance`` an accuracy.
        """
        self.intervals = intervals_of(course) if course is not None else []
        self.setToolTip(
            tip(
                "Accuracy of held-out trials by the end of the window, in seconds after the cue. "
                f"The window holds {window_s:g} s. "
                "The band is the 95 % interval of each point alone."
            )
        )
        self.is_blank = course is None or not len(course.seconds)
        if course is not None and not self.is_blank:
            low, high = np.transpose(self.intervals)
            points = np.column_stack([course.seconds, course.accuracy, low, high]).tolist()
            self.show_points(points, chance, 1.03 * float(course.seconds[-1]))


def intervals_of(course: TimeCourse) -> list[tuple[float, float]]:
    """Return the exact 95 % interval of each accuracy; (0, 1) for one without trials."""
    return [
        exact_interval(round(min(max(accuracy, 0.0), 1.0) * n), n) if n > 0 else (0.0, 1.0)
        for accuracy, n in zip(course.accuracy.tolist(), course.trials.tolist(), strict=True)
    ]


class CurveView(LineWithBand):
    """The live learning curve: accuracy by trials, or a network's loss by epoch."""

    def __init__(self) -> None:
        super().__init__("Learning curve", "trials of each class", Axis("bottom"))
        self.scored: list[PointEvent] = []
        self.steps: list[StepEvent] = []
        self._alone = pg.PlotCurveItem(antialias=True)
        self.addItem(self._alone)
        self._alone_name = Tags(self, (1, 0))
        self._losses: list[pg.PlotCurveItem] = []
        self._score = pg.PlotCurveItem(antialias=True)
        self.addItem(self._score)
        self._score_name = Tags(self, (1, 0))
        self.setMinimumSize(260, 150)
        self.setToolTip(
            tip(
                "Accuracy of held-out trials by the number of training trials. "
                "The bars are 95 % intervals. A curve that still rises asks for more trials. "
                "A network shows its loss and its accuracy on the windows for the early stop. "
                "These windows chose the network, so that accuracy is no score."
            )
        )
        self.hint = "learning curve: not yet"
        self.show_training([], [])

    def show_training(self, points: list[PointEvent], steps: list[StepEvent]) -> None:
        """Replace the curve by the points and steps of another training."""
        self.scored, self.steps = list(points), list(steps)
        self._follow()

    def add_point(self, point: PointEvent) -> None:
        self.scored.append(point)
        self._follow()

    def add_step(self, step: StepEvent) -> None:
        self.steps.append(step)
        self._follow()

    @property
    def is_loss(self) -> bool:
        """True while losses are shown, before the first accuracy is known."""
        return bool(self.steps) and not self.scored

    def _follow(self) -> None:
        self.is_blank = not (self.scored or self.steps)
        self.set_heading(
            f"training {self.steps[-1].fold + 1}: error, by pass over the trials"
            if self.is_loss
            else "accuracy, by trials of each class"
        )
        others = [p for p in self.scored if p.with_base]
        points = [
            (float(p.trials_per_class), p.accuracy, p.low, p.high) for p in others or self.scored
        ]
        if self.is_loss:
            self.points = []
            top = max([1.0, *(s.loss for s in self.steps if s.loss is not None)])
            self.set_home((0.0, float(self.steps[-1].of)), (0.0, 1.02 * top))
            self.refresh()
        elif points:
            end = points[-1][0] + 0.05 * max(points[-1][0], 20)
            self.show_points(points, self.scored[-1].chance, end)

    def draw(self) -> None:
        super().draw()
        self.left.write = None if self.is_loss else percent
        fold = self.steps[-1].fold if self.is_loss else -1
        while len(self._losses) <= fold:
            self._losses.append(pg.PlotCurveItem(antialias=True))
            self.addItem(self._losses[-1])
        for number, curve in enumerate(self._losses):
            own = [s for s in self.steps if s.fold == number and s.loss is not None]
            own = own if number <= fold else []
            curve.setData([s.step for s in own], [s.loss for s in own])
            name = "accent" if number == fold else "line"
            curve.setPen(self.pen(self.theme.colour(name), 2))
        scored = [s for s in self.steps if s.fold == fold and s.score]
        self._score.setData([s.step for s in scored], [s.score for s in scored])
        colour = self.theme.colour("warning")
        self._score.setPen(self.pen(colour, 2))
        (_, right), (_, top) = self._home
        self._score_name.show([Tag(right, top, _SCORED, colour)] if scored else [])
        self._draw_alone()

    def _draw_alone(self) -> None:
        """Draw the curve without other people's trials beside that with them."""
        own = [] if self.is_loss else [p for p in self.scored if not p.with_base]
        own = own if len(own) < len(self.scored) else []
        colour = self.theme.colour("warning")
        self._alone.setData([p.trials_per_class for p in own], [p.accuracy for p in own])
        self._alone.setPen(self.pen(colour, 2))
        names = [(0.09, "with other people", self.theme.colour("accent")), (0.0, _ALONE, colour)]
        (_, right), (bottom, _) = self._home
        tags = [Tag(right, bottom + up, text, of, anchor=(1, 1)) for up, text, of in names]
        self._alone_name.show(tags if own else [])

    def numbers(self) -> Table:
        if not self.is_loss:
            columns, points = super().numbers()
            own = [p for p in self.scored if not p.with_base]
            if len(own) in (0, len(self.scored)):
                return Table(columns, points)
            rows = [(*point, "yes") for point in points]
            rows += [
                (float(p.trials_per_class), p.accuracy, p.low, p.high, p.chance, "no") for p in own
            ]
            return Table((*columns, "with other people"), rows)
        rows = [(s.fold + 1, s.step, s.loss, s.score) for s in self.steps]
        return Table(("training", "step", "loss", _SCORED), rows)
