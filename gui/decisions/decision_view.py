"""The interface and the base class of views of decisions, and the cues of windows."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.decision_rule import DecisionRule, in_words
from gui.decisions.headline import NO_PREDICTION, Headline, set_style
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.theme import Theme
from gui.widgets.labels import HINT_HEIGHT, NO_ENGINE, ElidedLabel
from gui.widgets.layouts import as_widget, column_of, named, row_of
from gui.widgets.themed import Themed

_FOOT_HEIGHT = 24


class DecisionView(Protocol):
    """A widget that shows predictions and decisions of a task, live or in a replay.

    The dashboard sets the attributes, then calls `refresh`.
    """

    theme: Theme
    rule: DecisionRule
    hint: str

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Set the class names of the engine that was found."""

    def set_engine(self, alive: bool) -> None:
        """Show the view if an engine runs (``alive``), else the hint."""

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """Show the newest prediction; None when it is too old."""

    def show_rejected(self, why: str) -> None:
        """Show the reason ``why`` windows have no prediction."""

    def show_cue(self, cue: str | None) -> None:
        """Show the class of the current cue; None between cues."""

    def refresh(self) -> None:
        """Draw again after a change of the theme, the decision rule or the line of help."""


class CueFinder(Protocol):
    """Finds the cue of a window by the time ``taken`` of the window's last sample."""

    def cue_of(self, taken: float) -> str | None:
        """Return the cue of the window, None without one; ``taken`` is in seconds (LSL clock)."""


class CueWindows:
    """Stores cues, and finds the cue of a window by the time of its last sample.

    A window begins with its cue and ends ``window_s`` later. Times are in seconds on the LSL clock.
    """

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self._cues: deque[tuple[float, str]] = deque(maxlen=100)

    def add(self, time: float, cue: str | None) -> None:
        """Add a cue at ``time``; a ``cue`` of None is ignored."""
        if cue is not None:
            self._cues.append((time, cue))

    def cue_of(self, taken: float) -> str | None:
        """Return the cue of the window whose last sample has the time ``taken``.

        None if no stored cue is within half a window's length of the window's start.
        """
        began = taken - self.window_s
        near = [(abs(time - began), cue) for time, cue in self._cues]
        return min(near)[1] if near and min(near)[0] < self.window_s / 2 else None

    def over(self, now: float) -> list[tuple[float, str]]:
        """List the end and cue of each window that has ended by ``now``, oldest first."""
        ended = ((time + self.window_s, cue) for time, cue in self._cues)
        return [(end, cue) for end, cue in ended if end <= now]


class DecisionFrame(Themed, QWidget):
    """Base class of the built-in views: headline, body of the task, and foot line.

    A hint replaces them while no engine runs. ``threshold``, 0-1, is shown until the dashboard
    sets the engine's rule.
    """

    def __init__(self, title: str, threshold: float, headline_px: int = 30) -> None:
        super().__init__()
        self.rule = DecisionRule(threshold)
        self.hint = NO_ENGINE
        self.has_engine = False
        self.live = False
        self.classes: tuple[str, ...] = ()
        self.probabilities: tuple[float, ...] = ()
        self.why = ""
        self.cue: str | None = None
        self._decided: Decision | None = None
        self.headline = Headline(headline_px)
        self._hint = named(QLabel(), "dim")
        self._hint.setFixedHeight(HINT_HEIGHT)
        self.foot, self.beside_foot = ElidedLabel(), named(QLabel(), "dim")
        for label in (self.foot, self.beside_foot):
            label.setFixedHeight(_FOOT_HEIGHT)
        self.foot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body = column_of()
        self.foot_row = row_of((self.foot, 1), self.beside_foot)
        self._column = column_of(self.body, self.foot_row, margins=(0, 6, 0, 4), spacing=4)
        self._content = as_widget(self._column)
        self.setLayout(column_of(self._hint, self._content, margins=(14, 0, 14, 0)))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def apply_theme(self) -> None:
        self.refresh()

    def set_engine(self, alive: bool) -> None:
        self.has_engine = alive
        self.refresh()
        self._hint.setVisible(not alive)
        self._content.setVisible(alive)
        self.fit_height()

    def fit_height(self) -> None:
        """Set the height that the shown parts need."""
        # A layout that is not on the screen keeps an outdated height.
        self.body.invalidate()
        self._column.invalidate()
        content = self._column.sizeHint().height()
        self.setFixedHeight(content if self.has_engine else HINT_HEIGHT)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Set the class names of the engine that was found, and clear the view."""
        self.classes, self.probabilities, self.why = classes, (), ""
        self._decided = None
        self.set_engine(True)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        self.live = prediction is not None
        if prediction is not None and len(prediction.probabilities) == len(self.classes):
            self.probabilities = tuple(float(share) for share in prediction.probabilities)
            self._decided, self.why = prediction.decision, ""
            self.take(prediction)
        self.refresh()

    def take(self, prediction: ReceivedPrediction) -> None:
        """Use further fields of ``prediction``; for subclasses that show more."""

    def show_rejected(self, why: str) -> None:
        self.why = why
        self.refresh()

    def show_cue(self, cue: str | None) -> None:
        self.cue = cue
        self.refresh()

    @property
    def decision(self) -> str:
        """The engine's last decision in words."""
        return in_words(self._decided) if self.live and self.probabilities else NO_PREDICTION

    def refresh(self) -> None:
        self._hint.setText(self.hint)

    def write_headline(self, colour: QColor) -> None:
        """Show the decision with its confidence, or the reason for no prediction."""
        is_calm = bool(self.rule.evidence_s)
        beside = self.rule.beside(self._decided)
        self.headline.write(self.theme, self.decision, colour, beside, self.why, is_calm)

    def draw_bars(self, plot: ProbabilityBars, bars: Sequence[Bar]) -> None:
        """Show ``bars`` in ``plot``, with the engine's threshold."""
        rule = self.rule
        plot.show_bars(self.theme, bars, rule.threshold, rule.words, not rule.evidence_s, self.live)

    def write_foot(self, text: str, colour: str) -> None:
        """Write the foot line; ``colour`` is the name of a colour of the theme."""
        self.foot.setText(text)
        set_style(self.foot, f"color: {getattr(self.theme, colour)};")


def likeliest(probabilities: tuple[float, ...], n: int) -> list[int]:
    """Return the indices of the ``n`` likeliest classes, the likeliest first."""
    return sorted(range(len(probabilities)), key=lambda k: -probabilities[k])[:n]
