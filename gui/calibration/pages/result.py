"""Score of a model, its patterns, other models, and the button to use it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from bci.training.model_result import ModelResult
from gui.calibration.keyed_buttons import keyed
from gui.calibration.layout import column, plain, restyle, row
from gui.calibration.pages.models_table import NOTE, ModelsTable
from gui.plots.accuracy import AccuracyView, verdict
from gui.plots.confusion import ConfusionView
from gui.plots.line_with_band import CourseView, CurveView
from gui.plots.pattern_view import PatternView
from gui.theme import Theme
from gui.widgets.labels import Sentence, tip
from gui.widgets.layouts import named, panel
from gui.widgets.scroll_areas import TextScrollArea
from gui.widgets.units import by_chance, counted, percent


class ResultPage(QWidget):
    """Shows a `ModelResult`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result: ModelResult | None = None
        self.accuracy = AccuracyView()
        self.accuracy.setContentsMargins(14, 6, 12, 0)
        self.accuracy.setToolTip(
            tip(
                "Held-out trials are those that the model had not learnt from when it decided"
                " them. Chance is what one scores without any signal, by guessing or by "
                "always saying the same."
            )
        )
        self.verdict = named(Sentence(), "heading")
        self.details = named(Sentence(max_letters=1000), "dim")
        self.confusion = ConfusionView()
        self.patterns = PatternView()
        self.course = CourseView()
        self.curve = CurveView()
        self.table = ModelsTable()
        self.table.setFixedHeight(112)
        self.use = keyed("Use this model now", "The running engine takes it over", "calibrate-next")
        self.back = keyed("Back", "Train on other runs, or another decoder", "calibrate-back")
        self.again = keyed(
            "Record another run", "More trials make a better model", "calibrate-again"
        )
        self.message = named(Sentence(), "dim")
        self.message.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._build()

    def _build(self) -> None:
        text = column(self.verdict, self.details)
        text.setContentsMargins(14, 0, 14, 8)
        score = plain(column(self.accuracy, TextScrollArea(plain(text), lines=4)))
        self.curve_frame = panel(self.curve)
        left = column(panel(score), (panel(self.confusion), 1))
        lines = row(panel(self.course), self.curve_frame)
        right = column((panel(self.patterns), 3), (lines, 2))
        note = named(Sentence(NOTE), "dim")
        foot = row(self.back, self.again, (self.message, 1), self.use)
        self.setLayout(column((row((left, 2), (right, 3)), 1), note, self.table, foot))

    def show_result(self, result: ModelResult, curve: CurveView | None) -> None:
        """Show a result, with the learning curve as the training drew it if it was just now."""
        self.result = result
        self.curve.show_training(curve.scored if curve else [], curve.steps if curve else [])
        card = result.card
        score, trials = card.score, counted(card.score.trials, "held-out trial")
        interval = score.low, score.accuracy, score.high
        self.accuracy.show_accuracy(interval, score.chance, trials, score.at_chance)
        self.verdict.setText(verdict(card.score))
        details = f"Held out: {card.score.folds}."
        sure, decisions = card.confidence, card.decisions()
        if sure is not None:
            details += f" Its confidence is off by {percent(sure.error)} on average."
        if sure is not None and decisions is not None:
            details += f" {sure.summary()}."
            decisions = f"{decisions[0].upper()}{decisions[1:]}."
        for other in card.score.measures:
            p = by_chance(other.p_value)
            details += f" {other.name} {other.value:.2f} (chance {other.chance:.2f}, {p})."
        simulated = " Simulated signal." if card.simulated else ""
        self.details.setText(f"{details}{simulated} Stored in {result.folder}.")
        calibration = f"Confidence: {sure.calibration()}." if sure is not None else ""
        # Only now: a new text has no tooltip.
        self.details.setToolTip(tip(f"{decisions or ''} {calibration}".strip()))
        self.confusion.set_counts(card.classes, card.score.confusion)
        self.patterns.set_patterns(result.patterns)
        self.course.set_course(result.course, card.pipeline.window_s, card.score.chance)
        self.curve_frame.setVisible(not self.curve.is_blank)
        self.table.set_result(result)
        self.message.setText("")
        # At chance the main button records more instead.
        for push in (self.use, self.again):
            push.setObjectName("go" if push is self.main else "")
            restyle(push)

    @property
    def main(self) -> QPushButton:
        """The main button: use the model, or record more where it is at chance."""
        at_chance = self.result is not None and self.result.card.score.at_chance
        return self.again if at_chance else self.use

    def show_message(self, sentence: str) -> None:
        """Show a line beside the button, about the use of the model."""
        self.message.setText(sentence)

    def set_theme(self, theme: Theme) -> None:
        self.accuracy.set_theme(theme)
        self.patterns.set_theme(theme)
        for view in (self.confusion, self.course, self.curve):
            view.theme = theme
