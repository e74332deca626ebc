"""The model's score: accuracy with its interval beside chance, and the confusions of classes."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from bci.messages.evaluation import EvaluationEvent
from bci.tasks.emotion_levels import grid_of
from gui.plots.accuracy import AccuracyLine
from gui.plots.confusion import ConfusionView
from gui.theme import DARK, Theme
from gui.widgets.labels import ElidedLabel, plain, tip
from gui.widgets.layouts import named
from gui.widgets.units import brief, by_chance, counted

if TYPE_CHECKING:
    from bci.evaluation.metrics import ClassScore

_MAX_CLASSES, _MAX_LINES, _MAX_IN_TIP = 7, 5, 25
_CELL_PX, _HEAD_PX, _TITLE_PX, _LINE_PX = 27, 52, 18, 42


class Summary(QWidget):
    """Below the score a matrix: its rows are the classes asked for, its columns the decisions.

    With more than seven classes it has no room: then a line for each of the five most frequent,
    with how often it was found and its most frequent confusion, and one for all the others.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = DARK
        self.evaluation: EvaluationEvent | None = None
        self.warnings: tuple[str, ...] = ()
        self.measures: tuple[str, ...] = ()
        self.scores: list[ClassScore] = []
        self._hint = named(QLabel(), "dim")
        self._figure, self._beside = QLabel(), named(QLabel(), "dim")
        self.line = AccuracyLine()
        # There is no room for numbers below: chance and interval are written.
        self.line.getAxis("bottom").setStyle(showValues=False)
        self.line.setFixedHeight(_LINE_PX)
        self._warnings, self._measures = plain(QLabel()), plain(QLabel())
        self.confusion = ConfusionView()
        self.confusion.setMinimumSize(0, 0)
        self.confusion.plotItem.layout.setRowFixedHeight(0, _TITLE_PX)
        self.confusion.plotItem.layout.setContentsMargins(0, 0, 0, 4)
        self._table = named(QWidget(), "plain")
        self._rows = QGridLayout(self._table)
        self._rows.setContentsMargins(0, 0, 0, 0)
        for column, stretch in enumerate((3, 2, 4)):
            self._rows.setColumnStretch(column, stretch)
        self._others = named(QLabel(), "dim")
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_evaluation(None)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._figure)
        head.addWidget(self._beside, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 6, 14, 8)
        column.setSpacing(2)
        column.addWidget(self._hint)
        column.addLayout(head)
        for widget in (
            self.line,
            self._warnings,
            self._measures,
            self.confusion,
            self._table,
            self._others,
        ):
            column.addWidget(widget)

    @property
    def theme(self) -> Theme:
        return self._theme

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._theme = theme
        self.line.theme = self.confusion.theme = theme
        self._figure.setStyleSheet("font-size: 26px; font-weight: 700;")
        self._warnings.setStyleSheet(f"color: {theme.warning};")

    def set_evaluation(self, evaluation: EvaluationEvent | None) -> None:
        """Show a score; None if there is none yet."""
        self.evaluation = evaluation
        self.warnings = tuple(_warnings(evaluation)) if evaluation is not None else ()
        self.measures, self.scores = (), []
        classes = evaluation.classes if evaluation is not None else ()
        if evaluation is not None:
            self.measures = tuple(
                f"{m.name} {m.value:.3g} (chance {m.chance:.3g}, {by_chance(m.p_value)})"
                for m in evaluation.measures
            )
            if len(classes) > _MAX_CLASSES:
                # It brings scipy's statistics with it.
                from bci.evaluation.metrics import class_scores

                self.scores = class_scores(
                    (t.label, t.decision) for t in evaluation.trials if t.decision is not None
                )
            self._write_accuracy(evaluation)
        has_matrix = bool(evaluation and evaluation.confusion) and len(classes) <= _MAX_CLASSES
        if evaluation is not None and has_matrix:
            self.confusion.set_counts(classes, [list(row) for row in evaluation.confusion])
            self.confusion.setFixedHeight(_HEAD_PX + _CELL_PX * len(classes))
        self._hint.setText(self.text)
        self._warnings.setText("\n".join(self.warnings))
        self._measures.setText("\n".join(self.measures))
        self._write_scores()
        for widget, shown in (
            (self._hint, evaluation is None),
            (self._warnings, bool(self.warnings)),
            (self._measures, bool(self.measures)),
            (self.confusion, has_matrix),
            (self._table, bool(self.scores)),
            (self._others, bool(self.others_text)),
        ):
            widget.setVisible(shown)
        for widget in (self._figure, self._beside, self.line):
            widget.setVisible(evaluation is not None)
        self.updateGeometry()
        self.setAccessibleName(self.text)
        each = (f"{s.name}: {s.right} of {s.asked} found" for s in self.scores[:_MAX_IN_TIP])
        self.setToolTip(tip("\n".join((self.text, *each))) if evaluation else "")

    @property
    def text(self) -> str:
        """The score in words."""
        if self.evaluation is None:
            return "no score yet: run a model"
        o = self.evaluation.trial_accuracy
        return (
            f"accuracy {100 * o.value:.0f} %, 95 % interval {100 * o.low:.0f}-"
            f"{100 * o.high:.0f} %, chance {100 * o.chance:.0f} % (by always deciding the class "
            f"that was asked most often), {by_chance(o.p_value)}, n = {counted(o.n, 'trial')}"
        )

    def _write_accuracy(self, evaluation: EvaluationEvent) -> None:
        accuracy = evaluation.trial_accuracy
        self._figure.setText(f"{100 * accuracy.value:.0f} %")
        self._beside.setText(
            f"of {counted(accuracy.n, 'trial')} decided rightly\n"
            f"95 % interval {100 * accuracy.low:.0f}\u2013{100 * accuracy.high:.0f} %"
        )
        self.line.show_accuracy(accuracy.value, accuracy.low, accuracy.high, accuracy.chance)

    @property
    def others_text(self) -> str:
        """The classes that have no line of their own; empty where there are none."""
        others = self.scores[_MAX_LINES:]
        if not others:
            return ""
        right, asked = sum(s.right for s in others), sum(s.asked for s in others)
        classes = "class" if len(others) == 1 else "classes"
        return f"{len(others)} more {classes}: {right} of {asked} found"

    def _write_scores(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (cell := item.widget()) is not None:
                cell.deleteLater()
        self._others.setText(self.others_text)
        if not self.scores:
            return
        assert self.evaluation is not None
        grid = grid_of(self.evaluation.classes)
        heads = "/".join(grid.axes) if grid else "most asked", "found", "else mostly"
        rows = [heads]
        for score in self.scores[:_MAX_LINES]:
            times = f" \u00d7{score.times}" if score.times > 1 else ""
            mistaken = f"{brief(score.mistaken)}{times}" if score.times else ""
            rows.append((brief(score.name), f"{score.right} of {score.asked}", mistaken))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                cell = named(ElidedLabel(), "dim" if row == 0 or column == 2 else "")
                cell.setText(text)
                cell.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                self._rows.addWidget(cell, row, column)


def _warnings(evaluation: EvaluationEvent) -> list[str]:
    warnings = []
    if evaluation.learnt_from:
        warnings.append("No test: trained on this recording.")
    if evaluation.trial_accuracy.p_value > 0.05:
        warnings.append("Not distinguishable from chance.")
    if evaluation.trials_without_window:
        warnings.append(f"{evaluation.trials_without_window} not counted: signal not usable")
    return warnings
