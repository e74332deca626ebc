"""An accuracy as a dot on a line from 0 to 100 %, with its interval and chance."""

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from bci.models.card import ScoreCard
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.tags import Tag, Tags
from gui.widgets.layouts import column_of, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import by_chance, percent


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
        """Show an accuracy, its interval and chance, all 0-1.

        ``colour`` is the name of a colour of the theme.
        """
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
        # The text stays inside the plot, even if chance is close to 0 %.
        text = f"chance {percent(chance)}"
        view = self.plotItem.vb
        half = self._words.width_of(text) / 2 / max(view.width(), 1.0) * 1.12
        self._words.show([Tag(max(half - 0.06, min(chance, 1.06 - half)), 0.6, text, dim)])

    def numbers(self) -> Table:
        columns = ("accuracy", "low (95 %)", "high (95 %)", "chance")
        return Table(columns, [self._figures] if self._figures else [])


class AccuracyView(Themed, QWidget):
    """The accuracy in large figures, with its interval and chance as plot and text."""

    def __init__(self, figure_px: int = 36) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._figure_px = figure_px
        self._at_chance = False
        self.figure, self.words, self.line = QLabel(), QLabel(), AccuracyLine()
        row = row_of(self.figure, (self.words, 1), spacing=12)
        self.setLayout(column_of(row, self.line, spacing=0))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def apply_theme(self) -> None:
        colour = self.theme.warning if self._at_chance else self.theme.text
        style = f"color: {colour}; font-size: {self._figure_px}px; font-weight: 700;"
        self.figure.setStyleSheet(style)

    def show_accuracy(
        self, interval: tuple[float, float, float], chance: float, trials: str, at_chance: bool
    ) -> None:
        """Show an accuracy and its interval, as a warning if it is at chance.

        ``interval`` is (low, accuracy, high), 0-1. ``trials`` is their number in words.
        """
        low, accuracy, high = interval
        self._at_chance = at_chance
        self.setAccessibleName(f"Accuracy {percent(accuracy)}")
        self.figure.setText(percent(accuracy))
        self.words.setText(
            f"of {trials} decided rightly\n95 % interval {percent(low)} to {percent(high)}"
        )
        colour = "warning" if at_chance else "accent"
        self.line.show_accuracy(accuracy, low, high, chance, colour)
        self.apply_theme()


def verdict(score: ScoreCard) -> str:
    """Return a sentence on whether the accuracy is better than chance."""
    p = by_chance(score.p_value if score.shuffled_p is None else score.shuffled_p)
    if score.at_chance:
        return (
            f"Not distinguishable from chance ({p}): do not rely on this "
            "model. Record more runs, or try another task."
        )
    return f"Better than chance ({p})."
