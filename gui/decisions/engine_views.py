"""What the engine says, and the views that show it."""

import contextlib
import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pylsl import local_clock
from PySide6.QtCore import QObject, Signal

from bci.decisions import DecisionEvent
from bci.errors import PluginError
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from bci.profiles.profile import Paradigm
from bci.types import Marker
from gui.decisions.class_bars import DecisionView
from gui.decisions.cue_matching import CueWindows
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.history import HistoryView
from gui.decisions.image_matches import ImagesView
from gui.decisions.latency import LatencyView
from gui.decisions.level_history import LevelHistory
from gui.decisions.rejections import Rejections
from gui.decisions.shown_images import ShownImages
from gui.decisions.task_views import Deciding, ViewContext, make_view
from gui.decisions.transcript_view import TranscriptView
from gui.decisions.word_list import ShownWords, SpeechView
from gui.settings import DashboardSettings
from gui.widgets.empty_state import NO_ENGINE, STARTING
from gui.widgets.pieces import one_of
from gui.workers.stream_feed import Feed

_log = logging.getLogger("bci")
_STALE_S = 1.5
Passed = HistoryView | TranscriptView | LevelHistory


class EngineViews(QObject):
    """Passes predictions, cues and status on to decision, history and latency.

    Where classes are levels of two axes, ``emotion`` and ``level_history`` stand in the places of
    ``decision`` and ``history``. Where a task has a view of its own, ``own`` stands in the place of
    ``decision``; where images are seen or words said, ``transcript`` in that of ``history``.

    Parameters
    ----------
    cue_of : callable
        Gives the class that a marker's label asks for, None for one that ends the cue; until an
        engine tells its own.
    threshold : float
        Least probability of a decision, until an engine tells its own.
    remembered : DashboardSettings
        Keeps whether the ball is shown.
    images : ShownImages, optional
        Given where images are seen.
    words : ShownWords, optional
        Given where words are said.
    task : str
        Its view, a plug-in (`gui.decisions.task_views`), takes the place of the bars.
    """

    state_changed = Signal(bool, bool)  # alive, simulated

    def __init__(
        self,
        cue_of: Callable[[str], str | None],
        threshold: float,
        remembered: DashboardSettings,
        images: ShownImages | None = None,
        words: ShownWords | None = None,
        task: str = "",
    ) -> None:
        super().__init__()
        self.decision = DecisionView(threshold)
        self._remembered = remembered
        self.decision.set_ball(remembered.ball)
        self.decision.ball_toggled.connect(self._keep_ball)
        self.history = HistoryView(threshold)
        self.transcript: TranscriptView | None = None
        self._windows: CueWindows | None = None
        if images is not None:
            self._windows = CueWindows(images.window_s)
            self.transcript = TranscriptView(self._windows, "images found", truth="shown")
        elif words is not None:
            self._windows = words.windows
            self.transcript = TranscriptView(self._windows)
        self.emotion = EmotionView(threshold)
        self.level_history = LevelHistory(self.emotion.course)
        self.own = _own_view(task, ViewContext(threshold, self._windows, images))
        self.usual: Deciding = self.own or self.decision
        self._usual_passed: Passed = self.transcript or self.history
        self.decided = one_of(self.usual, self.emotion)
        self.passed = one_of(self._usual_passed, self.level_history)
        self.latency = LatencyView()
        self.rule = DecisionRule(threshold)
        for view in (*self._deciding, self.history):
            view.rule = self.rule
        self._cue_of = cue_of
        self._paradigm: dict[str, Any] | None = None
        self._last_prediction = 0.0
        self._rejections = Rejections()
        self._alive = self._simulated = self._of_levels = False

    @property
    def views(self) -> tuple[Deciding | Passed | LatencyView, ...]:
        """All that is painted in the theme's colours."""
        return (*self._deciding, self._usual_passed, self.level_history, self.latency)

    @property
    def _deciding(self) -> tuple[Deciding, ...]:
        return self.decision, self.emotion, *([self.own] if self.own else ())

    @property
    def _bars(self) -> tuple[DecisionView | ImagesView | SpeechView, ...]:
        """All that show any classes."""
        return self.decision, *([self.own] if self.own else ())

    @property
    def _past(self) -> tuple[HistoryView | TranscriptView, ...]:
        return (self.history, self.transcript) if self.transcript else (self.history,)

    def is_cue(self, label: str) -> bool:
        """Tell whether a marker is a cue of the model that decodes, else of the profile."""
        return self._cue_of(label) is not None

    def follow(self, feed: Feed) -> None:
        """Show what this feed tells of the engine and its cues."""
        feed.markers_came.connect(self._on_markers)
        feed.engine_found.connect(self._on_engine)
        feed.engine_alive.connect(self._on_alive)
        feed.predictions_came.connect(self._on_predictions)
        feed.decisions_came.connect(self._on_decisions)
        feed.status_came.connect(self._on_status)

    def _keep_ball(self, shown: bool) -> None:
        self._remembered.ball = shown

    def set_starting(self, starting: bool) -> None:
        """Whether a program is running that will be an engine: said where there is none yet."""
        for view in (*self._bars, *self._past):
            view.hint = STARTING if starting else NO_ENGINE
            view.update()

    def advance(self, now: float) -> None:
        """An old prediction does not stand as the present one; LSL clock."""
        self.rule.now = now
        self.history.advance(now)
        self.level_history.advance(now)
        self.latency.advance(now)
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self._show_none()

    def _show_none(self) -> None:
        for view in self._deciding:
            view.show_prediction(None)

    def _show_levels(self, shown: bool) -> None:
        for usual, of_levels in (
            (self.usual, self.emotion), (self._usual_passed, self.level_history),
        ):  # fmt: skip
            usual.setVisible(not shown)
            of_levels.setVisible(shown)

    def _on_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        self.rule.since = None
        for view in (*self._bars, *self._past):
            view.set_classes(classes)
        self._rejections.reset()
        self._of_levels = self.emotion.set_classes(classes)
        self._show_levels(self._of_levels)
        self.level_history.course = self.emotion.course
        self._simulated = simulated
        self.state_changed.emit(self._alive, simulated)

    def _on_alive(self, alive: bool) -> None:
        self._alive = alive
        for view in (*self._bars, *self._past):
            view.set_engine(alive)
        self.latency.set_engine(alive)
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
            if self._windows is not None:
                self._windows.add(marker.time, cue)

    def end_cue(self, time: float) -> None:
        """End the cue where the signal ends: nobody knows how long it was asked for; LSL clock."""
        for past in (self.history, self.level_history):
            past.add_cue(time, None)
        self.decision.show_cue(None)
        self.emotion.show_cue(None)

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._last_prediction = local_clock()
        for prediction in predictions:
            for view in self._deciding:
                view.show_prediction(prediction)
        for past in self._past:
            past.add(predictions)
        self.latency.add(predictions)

    def _on_decisions(self, decisions: list[DecisionEvent]) -> None:
        self.rule.since = decisions[-1].time
        for past in self._past:
            past.add_decisions(decisions)
        for view in self._deciding:
            view.update()

    def _follow_paradigm(self, described: dict[str, Any] | None) -> None:
        """Take cues for what the engine's model takes them for, whatever the profile says."""
        if described is None or described == self._paradigm:
            return
        self._paradigm = described
        # Of an engine that describes it otherwise the profile's cues stay.
        with contextlib.suppress(ValidationError):
            paradigm = Paradigm.model_validate(described)
            self._cue_of = lambda label: getattr(paradigm.cue_of(label), "label", None)

    def _on_status(self, status: EngineStatus) -> None:
        self._follow_paradigm(status.paradigm)
        self.latency.show_status(status)
        if self.rule.follow(status):
            for view in self.views:
                view.update()
        why = self._rejections.since_last(status.windows)
        if not why:
            return
        for view in self._deciding:
            view.show_rejected(why)
        now = local_clock()
        for past in self._past:
            past.show_rejected(now, why)


def _own_view(task: str, context: ViewContext) -> Any:
    """The view of a task; None where it is shown as bars or levels, or its plug-in fails."""
    try:
        view = make_view(task, context)
    except PluginError as error:
        _log.warning("%s; bars are shown instead", error)
        return None
    return None if type(view) in (DecisionView, EmotionView) else view
