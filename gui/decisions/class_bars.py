"""The decision, with one probability bar per class, or a ball between two classes."""

from math import exp, log, tanh

import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor

from bci.lsl.engine_streams import ReceivedPrediction
from gui.actions import with_key
from gui.decisions.decision_view import DecisionFrame, likeliest
from gui.decisions.headline import is_decided
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.theme import Theme
from gui.widgets.buttons import tool
from gui.widgets.labels import tip

# Bars of five to seven classes are thinner, so that all fit into the height of four. With more
# classes, only the five likeliest are shown, in one colour, since colours repeat after seven.
_MAX_BARS, _N_LIKELIEST, _BAR_PX, _ROOM_PX = 7, 5, 34, 140
_TIP = (
    "How likely each class is. A class beyond the dotted line is decided. Without a line, several "
    "windows are decided together: the last decision stands above the bars."
)
_NO_CUE = "true cue: none now"
# Time constant with which the log-odds of the ball fade.
_MEMORY_S = 1.0
_MAX_LOG_ODDS = 6.0  # limit of the log-odds of one window, 99.8 %
_LONGEST_STEP_S = 1.0


class BallCourse:
    """The place of the ball: a leaky integral of the log-odds of two classes.

    The log-odds are of the second class against the first. They only move the ball; the engine
    decides without them.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Put the ball in the middle."""
        self.log_odds = 0.0
        self._last: float | None = None

    def add(self, time: float, first: float, second: float) -> None:
        """Add a prediction at ``time``, in seconds on any clock.

        ``first`` and ``second`` are the probabilities of the two classes.
        """
        now = max(-_MAX_LOG_ODDS, min(log(max(second, 1e-9) / max(first, 1e-9)), _MAX_LOG_ODDS))
        step = 0.0 if self._last is None else max(0.0, min(time - self._last, _LONGEST_STEP_S))
        self._last = time
        kept = exp(-step / _MEMORY_S)
        self.log_odds = kept * self.log_odds + (1 - kept) * now

    @property
    def place(self) -> float:
        """The place between -1, the first class, and 1, the second class.

        It is the difference of the two probabilities that belong to the log-odds.
        """
        return tanh(self.log_odds / 2)


class Ball(Plot):
    """A ball on a track with a target at each end; hollow while nothing is decided."""

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
        """Show the ball at the place of `course`.

        The ball is filled if a class is ``decided``, and paler unless predictions are ``live``.
        ``words`` stand below the middle of the track.
        """
        if theme is not self.theme:
            self.theme = theme
        self._decided, self._live = decided, live
        self._names.setTicks([[(-1, classes[0]), (0, words), (1, classes[1])]])
        self.draw()

    def draw(self) -> None:
        theme, place = self.theme, self.course.place
        self._track.setPen(self.pen(theme.line, 6))
        ends = [pg.mkPen(theme.class_colour(k), width=3) for k in range(2)]
        self._targets.setData([-1, 1], [0, 0], pen=ends, brush=theme.panel)
        towards = theme.class_colour(int(place > 0))
        towards.setAlpha(255 if self._live else 90)
        pen = pg.mkPen(towards if self._decided else theme.dim, width=2.5)
        self.ball.setData([place], [0], pen=pen, brush=towards if self._decided else theme.panel)
        self._names.setPen(None)
        self._names.setTextPen(theme.text)

    def numbers(self) -> Table:
        return Table(("place",), [(self.course.place,)])


class ClassBars(DecisionFrame):
    """The decision and its confidence, one probability bar per class, and the cue.

    With more than seven classes, only the five likeliest have a bar, the likeliest on top.
    With two classes, the user can show a ball between them instead of the bars.
    """

    ball_toggled = Signal(bool)

    def __init__(self, threshold: float = 0.7) -> None:
        super().__init__("Decision", threshold)
        self.has_ball = False
        self.source = self.doubt = ""
        self.bars, self.ball = ProbabilityBars("Probabilities"), Ball()
        about = with_key("A ball that the probabilities move", "ball")
        self._toggle = tool("Ball", about, self.toggle_ball)
        self._toggle.setCheckable(True)
        for widget in (self.headline, self.bars, self.ball):
            self.body.addWidget(widget)
        self.foot_row.addWidget(self._toggle)
        self.setToolTip(tip(_TIP))
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        n_bars = _N_LIKELIEST if self._is_many else max(2, len(self.classes))
        self.bars.set_rows(n_bars, min(_BAR_PX, _ROOM_PX // n_bars))
        self.bars.setVisible(not self._shows_ball)
        self.ball.setVisible(self._shows_ball)
        self.ball.setFixedHeight(self.bars.height())
        self._toggle.setVisible(len(self.classes) == 2)
        super().set_engine(alive)

    def set_ball(self, shown: bool) -> None:
        """Show the ball instead of the bars, or the bars; the ball needs two classes."""
        self.has_ball = shown
        self._toggle.setChecked(shown)
        self.set_engine(self.has_engine)

    def toggle_ball(self) -> None:
        """Switch between ball and bars."""
        self.set_ball(not self.has_ball)
        self.ball_toggled.emit(self.has_ball)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        self.ball.course.reset()
        super().set_classes(classes)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        if prediction is None:
            self.ball.course.reset()
        super().show_prediction(prediction)

    def take(self, prediction: ReceivedPrediction) -> None:
        if len(self.probabilities) == 2:
            self.ball.course.add(prediction.taken, *self.probabilities)

    def show_source(self, stream: str) -> None:
        """Warn that the decoded ``stream`` is not the shown one; empty text: it is."""
        if stream != self.source:
            self.source = stream
            self.refresh()

    def show_doubt(self, why: str) -> None:
        """Show ``why`` the model is unreliable; empty text hides the warning."""
        if why != self.doubt:
            self.doubt = why
            self.setToolTip(tip(f"The model is {why}. {_TIP}" if why else _TIP))
            self.refresh()

    @property
    def _shows_ball(self) -> bool:
        return self.has_ball and len(self.classes) == 2

    @property
    def _is_many(self) -> bool:
        return len(self.classes) > _MAX_BARS

    @property
    def _shown(self) -> list[int]:
        if self._is_many:
            return likeliest(self.probabilities or (0.0,) * len(self.classes), _N_LIKELIEST)
        return list(range(len(self.classes)))

    def _colour(self, number: int) -> QColor:
        return self.theme.colour("accent") if self._is_many else self.theme.class_colour(number)

    def refresh(self) -> None:
        super().refresh()
        decision = self.decision
        number = self.classes.index(decision) if decision in self.classes else 0
        self.write_headline(self._colour(number))
        if self._shows_ball:
            decided, words = is_decided(decision), self.rule.words
            self.ball.show_ball(self.theme, self.classes, decided, self.live, words)
        else:
            shares = self.probabilities or (None,) * len(self.classes)
            bars = [Bar(self.classes[k], shares[k], self._colour(k)) for k in self._shown]
            self.draw_bars(self.bars, bars)
        self._write_cue()
        self.beside_foot.setText(f"of {len(self.classes)}" if self._is_many else "")

    def _write_cue(self) -> None:
        text, colour = (f"true cue: {self.cue}", "text") if self.cue else (_NO_CUE, "dim")
        if self.source:
            text, colour = f"of {self.source}, not shown", "warning"
        elif self.doubt:
            text = f"at chance; {text}" if self.cue else "the model is at chance"
            colour = "warning"
        self.write_foot(text, colour)
