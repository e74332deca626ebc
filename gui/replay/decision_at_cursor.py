"""The prediction and decision at the playhead, in the view of the model's task."""

from typing import Any

from PySide6.QtWidgets import QWidget

from bci.lsl.engine_streams import ReceivedPrediction
from bci.models.card import Card, decision_threshold, evidence_span
from bci.profiles.profile import Output
from gui.decisions.class_bars import ClassBars
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.image_matches import shown_images
from gui.decisions.task_views import ViewContext, own_view, task_of
from gui.replay.predictions import Predictions
from gui.replay.trials import ReplayTrial, trial_at
from gui.widgets.layouts import column_of
from gui.widgets.themed import Themed

# Seconds of earlier predictions that are smoothed again after a jump of the playhead.
_TRAIL_S = 15.0


class DecisionAtCursor(Themed, QWidget):
    """The dashboard's view of the model's task; bars if the task has no view.

    The decisions come from ``bci evaluate``, which decides as an engine does. ``lacking`` has one
    sentence per image gallery of the model that cannot be read, or one on a failed view.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trials: tuple[ReplayTrial, ...] = ()
        self.lacking: list[str] = []
        self.bars = ClassBars()
        self.view: Any = self.bars
        self._is_shown = False
        self._place = column_of(self.bars)
        self.setLayout(self._place)

    def cue_of(self, taken: float) -> str | None:
        """Return the class of the trial at time ``taken``; None outside all trials.

        ``taken`` is the time of a window's last sample.
        """
        k = trial_at(self.trials, taken)
        return self.trials[k].label if k is not None else None

    def set_model(self, card: Card) -> None:
        """Show the decisions of the model of ``card`` from now on."""
        if self.view is not self.bars:
            self._place.removeWidget(self.view)
            self.view.deleteLater()
        self._is_shown, self.lacking = False, []
        threshold = decision_threshold(Output(), card)
        images = None
        if card.task == "images":
            images, self.lacking = shown_images(card)
        own, why = own_view(task_of(card.task, card.classes), ViewContext(threshold, self, images))
        if why:
            self.lacking = [why]
        self.view = own or self.bars
        self.view.rule = DecisionRule(threshold, evidence_span(Output(), card))
        self.view.set_classes(card.classes)
        if own is not None:
            self._place.addWidget(own)
        self.bars.setVisible(own is None)
        self.view.theme = self.theme
        self.view.refresh()

    def show_at(self, predictions: Predictions | None, position: float, half_s: float) -> None:
        """Show the prediction and the true class at ``position``, in seconds.

        ``half_s`` is half a sampling period, so that the last window of a trial is found at the
        trial's end.
        """
        self.view.show_cue(self.cue_of(position))
        if predictions is None:
            return
        k = predictions.number_at(position + half_s)
        if k is None:
            self._is_shown = False
            self.view.show_prediction(None)
            return
        self.view.rule.since = predictions.held_since(k)
        self.view.rule.now = position
        if isinstance(self.view, EmotionView) and predictions.classes == self.view.classes:
            self._show_course(self.view, predictions, k)
        else:
            self.view.show_prediction(_received(predictions, k))

    def _show_course(self, view: EmotionView, predictions: Predictions, k: int) -> None:
        """Show smoothed levels, after adding the predictions before ``k`` in order."""
        times, course = predictions.times, view.course
        after = course.steps[-1].time if self._is_shown and course.steps else float("inf")
        if not 0 <= times[k] - after <= _TRAIL_S:
            course.steps.clear()
            course.reset()
            after = float(times[k]) - _TRAIL_S
        # Only the last prediction is drawn.
        for each in range(int(times.searchsorted(after, side="right")), k):
            course.add(float(times[each]), predictions.probabilities[each])
        if times[k] > after or not self._is_shown:
            view.show_prediction(_received(predictions, k))
        self._is_shown = True


def _received(predictions: Predictions, k: int) -> ReceivedPrediction:
    taken, shares = float(predictions.times[k]), predictions.probabilities[k].astype("float32")
    decision = predictions.decisions[k]
    return ReceivedPrediction(taken, shares, 0.0, 0.0, 0.0, 0.0, decision=decision)
