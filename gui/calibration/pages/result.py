"""The last page: score and patterns of a model, other models, and its use."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from bci.evaluation.metrics import exact_interval
from gui.calibration.keyed_buttons import keyed
from gui.calibration.model_result import ModelResult, spelling_sentence
from gui.calibration.pages.models_table import NOTE, ModelsTable
from gui.plots.accuracy import AccuracyView, verdict
from gui.plots.confusion import ConfusionView
from gui.plots.line_with_band import CourseView, CurveView
from gui.plots.pattern_view import PatternView
from gui.plots.repetitions import RepetitionsView
from gui.widgets.labels import Sentence, tip
from gui.widgets.layouts import as_widget, column_of, named, panel, restyle, row_of
from gui.widgets.scroll_areas import TextScrollArea
from gui.widgets.themed import Themed
from gui.widgets.units import by_chance, counted, percent


class ResultPage(Themed, QWidget):
    """The page that shows a `ModelResult`."""

    def __init__(self) -> None:
        super().__init__()
        self.result: ModelResult | None = None
        self.accuracy = AccuracyView()
        self.accuracy.setContentsMargins(14, 6, 12, 0)
        self.accuracy.setToolTip(
            tip(
                "Held-out trials took no part in the training of the model that decided them. "
                "Chance is the accuracy of guessing, or of always naming one class."
            )
        )
        self.verdict = named(Sentence(), "heading")
        self.details = named(Sentence(max_letters=1000), "dim")
        self.confusion = ConfusionView()
        self.patterns = PatternView()
        self.course = CourseView()
        self.repetitions = RepetitionsView()
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
        text = as_widget(column_of(self.verdict, self.details, margins=(14, 0, 14, 8)))
        score = as_widget(column_of(self.accuracy, TextScrollArea(text, lines=4)))
        self.curve_frame = panel(self.curve)
        left = column_of(panel(score), (panel(self.confusion), 1))
        self.course_frame, self.spelled_frame = panel(self.course), panel(self.repetitions)
        lines = row_of(self.course_frame, self.spelled_frame, self.curve_frame)
        right = column_of((panel(self.patterns), 3), (lines, 2))
        note = named(Sentence(NOTE), "dim")
        foot = row_of(self.back, self.again, (self.message, 1), self.use)
        middle = row_of((left, 2), (right, 3))
        self.setLayout(column_of((middle, 1), note, self.table, foot))

    def show_result(self, result: ModelResult, curve: CurveView | None) -> None:
        """Show ``result``, and the learning ``curve`` of the training that just ended.

        ``curve`` is None for a model that was not trained just now.
        """
        self.result = result
        self.curve.show_training(curve.scored if curve else [], curve.steps if curve else [])
        card = result.card
        score, trials = card.score, counted(card.score.trials, "held-out trial")
        interval, chance = (score.low, score.accuracy, score.high), score.chance
        if (spelling := result.spelling) is not None:
            # Most single flashes are nontargets, so the accuracy of flashes means little: the
            # accuracy of whole symbols is shown.
            right = round(spelling.accuracy * spelling.n)
            low, high = exact_interval(right, spelling.n)
            interval, chance = (low, right / spelling.n, high), 1 / spelling.n_symbols
            trials = counted(spelling.n, "held-out symbol")
        self.accuracy.show_accuracy(interval, chance, trials, score.at_chance)
        self.verdict.setText(verdict(card.score))
        details = f"{spelling_sentence(result)} Held out: {card.score.folds}.".strip()
        sure, decisions = card.confidence, card.decisions()
        if sure is not None:
            details += f" Its confidence is off by {percent(sure.error)} on average."
        if sure is not None and decisions is not None:
            details += f" {sure.summary()}."
            decisions = f"{decisions[0].upper()}{decisions[1:]}."
        for other in card.score.measures:
            p = by_chance(other.p_value)
            details += f" {other.name} {other.value:.2f} (chance {other.chance:.2f}, {p})."
        late = [source for source in card.sources if source.lost_frames is not None]
        if late:
            runs = counted(len(late), "run")
            details += f" Cues are less exact in {runs}: frames were dropped or late."
        simulated = " Simulated signal." if card.simulated else ""
        self.details.setText(f"{details}{simulated} Stored in {result.folder}.")
        calibration = f"Confidence: {sure.calibration()}." if sure is not None else ""
        # Set after the text, since a new text clears the tooltip.
        self.details.setToolTip(tip(f"{decisions or ''} {calibration}".strip()))
        self.confusion.set_counts(card.classes, card.score.confusion)
        self.patterns.set_patterns(result.patterns)
        self.course.set_course(result.course, card.pipeline.window_s, card.score.chance)
        self.repetitions.show_curve(result.spelling)
        self.spelled_frame.setVisible(result.spelling is not None)
        self.course_frame.setVisible(result.spelling is None)
        self.curve_frame.setVisible(not self.curve.is_blank)
        self.table.set_result(result)
        self.message.setText("")
        # For a model at chance level, the main button is the one that records another run.
        for push in (self.use, self.again):
            push.setObjectName("go" if push is self.main else "")
            restyle(push)

    @property
    def main(self) -> QPushButton:
        """The highlighted button: use the model, or record a run if it is at chance."""
        at_chance = self.result is not None and self.result.card.score.at_chance
        return self.again if at_chance else self.use

    def show_message(self, sentence: str) -> None:
        """Show ``sentence``, about the use of the model, beside the button."""
        self.message.setText(sentence)
