"""A ball between two targets, moved by the probabilities of the two classes."""

from math import exp, log, tanh

import pyqtgraph as pg

from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.theme import Theme

# Its log-odds fade with this time constant.
_MEMORY_S = 1.0
_MAX_LOG_ODDS = 6.0  # log-odds that one window may claim, 99.8 %
_LONGEST_STEP_S = 1.0


class BallCourse:
    """Leaky integration of the log-odds of the second class against the first.

    It moves the ball and decides nothing.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Put the ball in the middle."""
        self.log_odds = 0.0
        self._last: float | None = None

    def add(self, time: float, first: float, second: float) -> None:
        """One prediction: probabilities of the two classes, at a time in seconds."""
        now = max(-_MAX_LOG_ODDS, min(log(max(second, 1e-9) / max(first, 1e-9)), _MAX_LOG_ODDS))
        step = 0.0 if self._last is None else max(0.0, min(time - self._last, _LONGEST_STEP_S))
        self._last = time
        kept = exp(-step / _MEMORY_S)
        self.log_odds = kept * self.log_odds + (1 - kept) * now

    @property
    def place(self) -> float:
        """-1 at the first class, 1 at the second, 0 in the middle.

        It is the difference of the two probabilities that the log-odds stand for.
        """
        return tanh(self.log_odds / 2)


class Ball(Plot):
    """A track with a target at each end; the ball is hollow while nothing is decided."""

    def __init__(self) -> None:
        self._names = Axis("bottom")
        self._names.setStyle(tickLength=0, tickAlpha=0, hideOverlappingLabels=False)
        super().__init__("Ball", bottom=self._names, zoom=(False, False))
        self.plotItem.layout.setContentsMargins(0, 0, 0, 0)
        self.set_home((-1.15, 1.15), (-1.0, 1.0))
        self.course = BallCourse()
        self._decided = self._live = False
        self._track = pg.PlotCurveItem([-1, 1], [0, 0])
        self._targets = pg.ScatterPlotItem(size=28)
        self.ball = pg.ScatterPlotItem(size=20)
        for item in (self._track, self._targets, self.ball):
            self.addItem(item)

    def show_ball(
        self, theme: Theme, classes: tuple[str, ...], decided: bool, live: bool, words: str
    ) -> None:
        """Show the ball where the course has it; ``words`` stand in the middle below."""
        if theme is not self.theme:
            self.theme = theme
        self._decided, self._live = decided, live
        self._names.setTicks([[(-1, classes[0]), (0, words), (1, classes[1])]])
        self.draw()

    def draw(self) -> None:
        theme, place = self.theme, self.course.place
        self._track.setPen(pg.mkPen(theme.line, width=6))
        ends = [pg.mkPen(theme.class_colour(k), width=3) for k in range(2)]
        self._targets.setData([-1, 1], [0, 0], pen=ends, brush=theme.panel)
        towards = theme.class_colour(int(place > 0))
        towards.setAlpha(255 if self._live else 90)
        pen = pg.mkPen(towards if self._decided else theme.dim, width=2.5)
        self.ball.setData([place], [0], pen=pen, brush=towards if self._decided else theme.panel)
        self._names.setPen(None)
        self._names.setTextPen(theme.text)

    def numbers(self) -> Table:
        """The place of the ball."""
        return Table(("place",), [(self.course.place,)])
