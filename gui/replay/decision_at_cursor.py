"""The prediction and the decision at the cursor, in the view of the model's task, as live."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from bci.errors import PluginError
from bci.lsl.engine_streams import ReceivedPrediction
from bci.models.bundle import Card, decision_threshold, evidence_span
from bci.profiles.profile import Output
from bci.tasks.emotion_levels import grid_of
from gui.decisions.class_bars import DecisionView
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.shown_images import shown_images
from gui.decisions.task_views import Deciding, ViewContext, make_view
from gui.replay import timeline_data as ribbon
from gui.replay.predictions import Predictions
from gui.replay.trials import ReplayTrial, step_at
from gui.theme import DARK, Theme

# What is smoothed has its trail again after a leap of the cursor.
_TRAIL_S = 15.0


class StepCues:
    """The recording's trials, as the true cues of windows."""

    def __init__(self) -> None:
        self.steps: tuple[ReplayTrial, ...] = ()

    def cue_of(self, taken: float) -> str | None:
        """The class of the trial in which a window's last sample was taken."""
        k = step_at(self.steps, taken)
        return self.steps[k].label if k is not None else None


class DecisionAtCursor(QWidget):
    """Words, images or levels where the model decides between such; else a bar a class.

    The decisions are those of ``bci evaluate``, as an engine makes them.

    ``lacking`` is a sentence for each gallery of the model whose pictures cannot be shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.truth = StepCues()
        self.lacking: list[str] = []
        self.bars = DecisionView()
        self.view: Deciding = self.bars
        self._told: ReceivedPrediction | None = None
        self._place = QVBoxLayout(self)
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.addWidget(self.bars)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        for view in {self.bars, self.view}:
            view.theme = theme
            view.update()

    def set_model(self, card: Card) -> None:
        """Show what this model decides from now on."""
        if self.view is not self.bars:
            self._place.removeWidget(self.view)
            self.view.deleteLater()
        self._told, self.lacking = None, []
        self.view = self._view_of(card)
        self.view.rule.evidence_s = evidence_span(Output(), card)
        self.view.set_classes(card.classes)
        if self.view is not self.bars:
            self._place.addWidget(self.view)
        self.bars.setVisible(self.view is self.bars)
        self.set_theme(self.theme)

    def _view_of(self, card: Card) -> Deciding:
        threshold = decision_threshold(Output(), card)
        grid = grid_of(card.classes)
        if grid is not None and len(grid.axes) == 2:
            return EmotionView(threshold)
        images = None
        if card.task == "images":
            images, self.lacking = shown_images(card)
        try:
            view: Deciding = make_view(card.task, ViewContext(threshold, self.truth, images))
        except PluginError as error:
            self.lacking = [f"{error}; bars are shown instead"]
        else:
            if type(view) is not DecisionView:
                return view
        self.bars.rule = DecisionRule(threshold)
        return self.bars

    def show_at(
        self, predictions: Predictions | None, hop_s: float, position: float, half_s: float
    ) -> None:
        """What holds at a position, and what was truly asked there.

        ``half_s`` is half a sample: the trial's last window ends where the trial does.
        """
        if isinstance(self.view, DecisionView | EmotionView):
            self.view.show_cue(self.truth.cue_of(position))
        if predictions is None:
            return
        k = ribbon.place(predictions, hop_s, position + half_s)
        if k is not None:
            self.view.rule.since = predictions.held_since(k)
            self.view.rule.now = position
        if k is None:
            self._told = None
            self.view.show_prediction(None)
        elif isinstance(self.view, EmotionView):
            self._show_course(self.view, predictions, k)
        else:
            self.view.show_prediction(_received(predictions, k))

    def _show_course(self, view: EmotionView, predictions: Predictions, k: int) -> None:
        """Levels are smoothed: those before are told too, in their order."""
        times, course = predictions.times, view.course
        after = course.steps[-1].time if self._told and course.steps else float("inf")
        if not 0 <= times[k] - after <= _TRAIL_S:
            course.steps.clear()
            course.reset()
            after = float(times[k]) - _TRAIL_S
        for each in range(int(times.searchsorted(after, side="right")), k + 1):
            self._told = _received(predictions, each)
            view.show_prediction(self._told)


def _received(predictions: Predictions, k: int) -> ReceivedPrediction:
    taken, shares = float(predictions.times[k]), predictions.probabilities[k].astype("float32")
    decision = predictions.decisions[k]
    return ReceivedPrediction(taken, shares, 0.0, 0.0, 0.0, 0.0, decision=decision)
