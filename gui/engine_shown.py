"""What the engine says, and the views that show it."""

from collections.abc import Callable

from pylsl import local_clock
from PySide6.QtCore import QObject, Signal

from bci.lsl.predictions import ReceivedPrediction
from bci.types import Marker
from gui.emotion import EmotionView
from gui.feed import Feed
from gui.history import HistoryView
from gui.images import ImagesView, ShownImages
from gui.latency import LatencyView
from gui.level_history import LevelHistory
from gui.pieces import one_of
from gui.predictions import DecisionView
from gui.remembered import Remembered

_STALE_S = 1.5
Painted = DecisionView | ImagesView | HistoryView | EmotionView | LevelHistory | LatencyView


class EngineShown(QObject):
    """Passes predictions, cues and status on to decision, history and latency.

    Where classes are levels of two axes, ``emotion`` and ``level_history`` stand in the places of
    ``decision`` and ``history``.

    Parameters
    ----------
    cue_of : callable
        Gives the class that a marker's label asks for; None for one that ends the cue.
    threshold : float
        Least probability of a decision.
    remembered : Remembered
        Keeps whether the ball is shown.
    images : ShownImages, optional
        Where images are seen: they stand in the place of the bars.
    """

    state_changed = Signal(bool, bool)  # alive, simulated

    def __init__(
        self,
        cue_of: Callable[[str], str | None],
        threshold: float,
        remembered: Remembered,
        images: ShownImages | None = None,
    ) -> None:
        super().__init__()
        self.decision = DecisionView(threshold)
        self.decision.set_ball(remembered.flag("ball", False))
        self.decision.ball_toggled.connect(lambda on: remembered.keep("ball", on))
        self.images = ImagesView(images, threshold) if images is not None else None
        self.history = HistoryView()
        self.emotion = EmotionView(threshold)
        self.level_history = LevelHistory(self.emotion.course)
        self.usual: DecisionView | ImagesView = (
            self.decision if self.images is None else self.images
        )
        self.decided = one_of(self.usual, self.emotion)
        self.passed = one_of(self.history, self.level_history)
        self.latency = LatencyView()
        self._cue_of = cue_of
        self._last_prediction = 0.0
        self._alive = self._simulated = self._of_levels = False

    @property
    def views(self) -> tuple[Painted, ...]:
        """All that is painted in the theme's colours."""
        return self.usual, self.history, self.emotion, self.level_history, self.latency

    def follow(self, feed: Feed) -> None:
        """Show what this feed tells of the engine and its cues."""
        feed.markers_came.connect(self._on_markers)
        feed.engine_found.connect(self._on_engine)
        feed.engine_alive.connect(self._on_alive)
        feed.predictions_came.connect(self._on_predictions)
        feed.status_came.connect(self.latency.show_counts)

    def advance(self, now: float) -> None:
        """An old prediction does not stand as the present one; LSL clock."""
        self.history.advance(now)
        self.level_history.advance(now)
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self._show_none()

    def _show_none(self) -> None:
        self.decision.show_prediction(None)
        self.emotion.show_prediction(None)
        if self.images is not None:
            self.images.show_prediction(None)

    def _show_levels(self, shown: bool) -> None:
        for usual, of_levels in (
            (self.usual, self.emotion), (self.history, self.level_history),
        ):  # fmt: skip
            usual.setVisible(not shown)
            of_levels.setVisible(shown)

    def _on_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        self.decision.set_classes(classes)
        if self.images is not None:
            self.images.set_classes(classes)
        self.history.set_classes(classes)
        self._of_levels = self.emotion.set_classes(classes)
        self._show_levels(self._of_levels)
        self.level_history.course = self.emotion.course
        self._simulated = simulated
        self.state_changed.emit(self._alive, simulated)

    def _on_alive(self, alive: bool) -> None:
        self._alive = alive
        self.decision.set_engine(alive)
        if self.images is not None:
            self.images.set_engine(alive)
        self.history.set_engine(alive)
        # Without an engine the usual views say so.
        self._show_levels(alive and self._of_levels)
        if not alive:
            self._show_none()
            self._simulated = False
        self.state_changed.emit(alive, self._simulated)

    def _on_markers(self, markers: list[Marker]) -> None:
        for marker in markers:
            cue = self._cue_of(marker.label)
            self.history.add_cue(marker.time, cue)
            self.decision.show_cue(cue)
            self.level_history.add_cue(marker.time, cue)
            self.emotion.show_cue(cue)
            if self.images is not None:
                self.images.add_cue(marker.time, cue)

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._last_prediction = local_clock()
        for prediction in predictions:
            self.decision.show_prediction(prediction)
            self.emotion.show_prediction(prediction)
            if self.images is not None:
                self.images.show_prediction(prediction)
        self.history.add(predictions)
        self.latency.add(predictions)
