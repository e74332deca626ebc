"""The model's score: accuracy with interval and chance, and the confusion matrix."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from bci.messages import EvaluationEvent
from bci.tasks.emotion_levels import grid_of
from gui.plots.accuracy import AccuracyView
from gui.plots.confusion import ConfusionView
from gui.widgets.labels import ElidedLabel, plain, tip
from gui.widgets.layouts import as_widget, clear, column_of, named
from gui.widgets.themed import Themed
from gui.widgets.units import brief, by_chance, counted

if TYPE_CHECKING:
    from bci.evaluation.metrics import ClassScore

_MAX_CLASSES, _MAX_LINES, _MAX_IN_TIP = 7, 5, 25
_CELL_PX, _HEAD_PX, _TITLE_PX, _LINE_PX = 27, 52, 18, 42
_SURE_P = 0.05


class Summary(Themed, QWidget):
    """The score, and below it the confusion matrix: true classes by decisions.

    With more than seven classes there is no space for the matrix. Then each of the five most
    frequent classes has a line, with its number of hits and its most frequent confusion. One more
    line sums up the other classes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.evaluation: EvaluationEvent | None = None
        self.warnings: tuple[str, ...] = ()
        self.scores: list[ClassScore] = []
        self._hint = named(QLabel(), "dim")
        self.accuracy = AccuracyView(figure_px=26)
        # The axis has no numbers, to save space: chance and interval are written as text.
        self.accuracy.line.getAxis("bottom").setStyle(showValues=False)
        self.accuracy.line.setFixedHeight(_LINE_PX)
        self._warnings, self._measures = plain(QLabel()), plain(QLabel())
        self.confusion = ConfusionView()
        self.confusion.setMinimumSize(0, 0)
        self.confusion.plotItem.layout.setRowFixedHeight(0, _TITLE_PX)
        self.confusion.plotItem.layout.setContentsMargins(0, 0, 0, 4)
        self._rows = QGridLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._table = as_widget(self._rows)
        for k, stretch in enumerate((3, 2, 4)):
            self._rows.setColumnStretch(k, stretch)
        self._others = named(QLabel(), "dim")
        score = self._hint, self.accuracy, self._warnings, self._measures
        parts = *score, self.confusion, self._table, self._others
        self.setLayout(column_of(*parts, margins=(14, 6, 14, 8), spacing=2))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_evaluation(None)

    def apply_theme(self) -> None:
        self._warnings.setStyleSheet(f"color: {self.theme.warning};")

    def set_evaluation(self, evaluation: EvaluationEvent | None) -> None:
        """Show a score; ``evaluation`` is None before a model has run."""
        self.evaluation = evaluation
        self.warnings, self.scores = (), []
        measures: list[str] = []
        has_matrix = False
        if evaluation is not None:
            self.warnings = tuple(_warnings(evaluation))
            measures = [
                f"{m.name} {m.value:.3g} (chance {m.chance:.3g}, {by_chance(m.p_value)})"
                for m in evaluation.measures
            ]
            figure, at_chance = evaluation.trial_accuracy, evaluation.p_value > _SURE_P
            interval, trials = (figure.low, figure.value, figure.high), counted(figure.n, "trial")
            self.accuracy.show_accuracy(interval, figure.chance, trials, at_chance)
            has_matrix = bool(evaluation.confusion) and len(evaluation.classes) <= _MAX_CLASSES
        if evaluation is not None and has_matrix:
            rows = [list(row) for row in evaluation.confusion]
            self.confusion.set_counts(evaluation.classes, rows)
            self.confusion.setFixedHeight(_HEAD_PX + _CELL_PX * len(rows))
        elif evaluation is not None and len(evaluation.classes) > _MAX_CLASSES:
            # Imported here, since it imports scipy.stats, which is slow.
            from bci.evaluation.metrics import class_scores

            self.scores = class_scores(
                (t.label, t.decision) for t in evaluation.trials if t.decision is not None
            )
        self._write_scores()
        for label, text in (
            (self._hint, "" if evaluation else self.text),
            (self._warnings, "\n".join(self.warnings)),
            (self._measures, "\n".join(measures)),
            (self._others, self.others_text),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self.accuracy.setVisible(evaluation is not None)
        self.confusion.setVisible(has_matrix)
        self._table.setVisible(bool(self.scores))
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

    @property
    def others_text(self) -> str:
        """The line on the classes without their own line; empty if all have one."""
        others = self.scores[_MAX_LINES:]
        if not others:
            return ""
        right, asked = sum(s.right for s in others), sum(s.asked for s in others)
        classes = "class" if len(others) == 1 else "classes"
        return f"{len(others)} more {classes}: {right} of {asked} found"

    def _write_scores(self) -> None:
        clear(self._rows)
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
                cell = named(ElidedLabel(text), "dim" if row == 0 or column == 2 else "")
                cell.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                self._rows.addWidget(cell, row, column)


def _warnings(evaluation: EvaluationEvent) -> list[str]:
    warnings = []
    if evaluation.learnt_from:
        warnings.append("No test: trained on this recording.")
    if evaluation.p_value > _SURE_P:
        warnings.append("Not distinguishable from chance.")
    if evaluation.trials_without_window:
        warnings.append(f"{evaluation.trials_without_window} not counted: signal not usable")
    return warnings
