"""An accuracy as a point on a line from 0 to 100 %, with its interval, beside chance."""

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from bci.models.card import ScoreCard
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.tags import Tag, Tags
from gui.theme import DARK, Theme
from gui.widgets.labels import tip
from gui.widgets.units import by_chance, counted, percent

_FIGURE_PX = 36


class AccuracyLine(Plot):
    """The accuracy as a dot, its 95 % interval as a bar, chance as a tick."""

    def __init__(self) -> None:
        super().__init__("Accuracy", Axis("bottom", write=percent), zoom=(False, False))
        self._figures: tuple[float, float, float, float] | None = None
        self._colour = "accent"
        self.bar = pg.PlotCurveItem(antialias=True)
        self.dot = pg.ScatterPlotItem(size=16, antialias=True)
        self.chance_mark = pg.PlotCurveItem()
        self._words = Tags(self, (0.5, 1))
        for item in (self.chance_mark, self.bar, self.dot):
            self.addItem(item)
        self.plotItem.layout.setContentsMargins(8, 0, 12, 2)
        self.setFixedHeight(70)
        self.set_home((-0.06, 1.06), (-1.3, 3.7))

    def show_accuracy(
        self, accuracy: float, low: float, high: float, chance: float, colour: str = "accent"
    ) -> None:
        """Show an accuracy in a colour of the theme."""
        self._figures, self._colour = (accuracy, low, high, chance), colour
        self.refresh()

    def draw(self) -> None:
        if self._figures is None:
            return
        accuracy, low, high, chance = self._figures
        colour, dim = self.theme.colour(self._colour), self.theme.colour("dim")
        self.bar.setData([low, high], [0.0, 0.0])
        self.bar.setPen(self.pen(colour, 6, capStyle=Qt.PenCapStyle.RoundCap))
        self.dot.setData([accuracy], [0.0], brush=colour, pen=self.pen(self.theme.panel, 2))
        self.chance_mark.setData([chance, chance], [-0.8, 0.8])
        self.chance_mark.setPen(self.pen(dim, 2))
        # Inside the plot, also where chance is close to 0 %.
        text = f"chance {percent(chance)}"
        view = self.plotItem.vb
        half = self._words.width_of(text) / 2 / max(view.width(), 1.0) * 1.12
        self._words.show([Tag(max(half - 0.06, min(chance, 1.06 - half)), 0.6, text, dim)])

    def numbers(self) -> Table:
        columns = ("accuracy", "low (95 %)", "high (95 %)", "chance")
        return Table(columns, [self._figures] if self._figures else [])


class AccuracyView(QWidget):
    """The figure large, its interval and chance as a picture and in words."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._theme: Theme = DARK
        self.score: ScoreCard | None = None
        self.figure, self.words, self.line = QLabel(), QLabel(), AccuracyLine()
        self.figure.setFixedWidth(124)
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 12, 0)
        row.addWidget(self.figure)
        row.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.line)
        self.setFixedHeight(128)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            tip(
                "Held-out trials are those that the model had not learnt from when it decided"
                " them. Chance is what one scores without any signal, by guessing or by "
                "always saying the same."
            )
        )

    @property
    def theme(self) -> Theme:
        return self._theme

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._theme = self.line.theme = theme
        self._colour_figure()

    def set_score(self, score: ScoreCard) -> None:
        """Show a score; one at chance is a warning."""
        self.score = score
        figure = percent(score.accuracy)
        self.setAccessibleName(f"Accuracy {figure}")
        self.figure.setText(figure)
        self.words.setText(
            f"of {counted(score.trials, 'held-out trial')} decided rightly\n"
            f"95 % interval {percent(score.low)} to {percent(score.high)}"
        )
        colour = "warning" if score.at_chance else "accent"
        self.line.show_accuracy(score.accuracy, score.low, score.high, score.chance, colour)
        self._colour_figure()

    def _colour_figure(self) -> None:
        at_chance = self.score is not None and self.score.at_chance
        colour = self._theme.warning if at_chance else self._theme.text
        self.figure.setStyleSheet(f"color: {colour}; font-size: {_FIGURE_PX}px; font-weight: 700;")


def verdict(score: ScoreCard) -> str:
    """The meaning of the accuracy in a sentence."""
    p = by_chance(score.p_value if score.shuffled_p is None else score.shuffled_p)
    if score.at_chance:
        return (
            f"Not distinguishable from chance ({p}): do not rely on this "
            "model. Record more runs, or try another task."
        )
    return f"Better than chance ({p})."
