"""The views of an engine: its decisions by task, their past and their delay."""

import contextlib
import logging
from collections.abc import Callable
from functools import cached_property
from typing import Any

from pydantic import ValidationError
from pylsl import local_clock
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from bci.profiles.profile import Paradigm
from bci.signals import Marker
from gui.decisions.class_bars import ClassBars
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.decision_view import CueWindows
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.history import HistoryView, LevelHistory
from gui.decisions.image_matches import ShownImages
from gui.decisions.latency import LatencyView
from gui.decisions.rejections import Rejections
from gui.decisions.task_views import ViewContext, own_view, task_of
from gui.decisions.transcript import TranscriptView
from gui.decisions.word_list import ShownWords
from gui.settings import DashboardSettings
from gui.widgets.labels import NO_ENGINE, STARTING
from gui.widgets.layouts import one_of
from gui.workers.stream_feed import Feed

_log = logging.getLogger("bci")
_STALE_S = 1.5
_EMOTION = "emotion"


class EngineViews(QObject):
    """Passes predictions, cues and status on to the views of decisions, history and latency.

    ``by_task`` has the view of each task; that of no task is the bars. One is shown in ``decided``:
    of the profile's task, or of emotion where the classes are levels of two axes. ``passed`` shows
    the history; where images are seen or words spoken, the transcript.

    Parameters
    ----------
    cue_of : callable
        Gives the class that a marker's label asks for, None for one that ends the cue; until an
        engine reports its own.
    threshold : float
        Least probability of a decision, until an engine reports its own.
    remembered : DashboardSettings
        Keeps whether the ball is shown.
    images : ShownImages, optional
        Given where images are seen.
    words : ShownWords, optional
        Given where words are spoken.
    task : str
        Of the profile.
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
        self.decision = ClassBars(threshold)
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
        self._task = task_of(task, ())
        self._context = ViewContext(threshold, self._windows, images)
        self.own, why = own_view(self._task, self._context)
        if why:
            _log.warning(why)
        self.by_task: dict[str, Any] = {"": self.decision}
        if self.own is not None:
            self.by_task[self._task] = self.own
        self.usual: Any = self.own or self.decision
        self._usual_past = self.transcript or self.history
        self.decided = one_of(
            self.usual, *(v for v in self.by_task.values() if v is not self.usual)
        )
        self.passed = one_of(self._usual_past)
        for place in (self.decided, self.passed):
            place.setObjectName("plain")
        self.latency = LatencyView()
        self.rule = DecisionRule(threshold)
        for view in (*self.by_task.values(), self.history):
            view.rule = self.rule
        self._cue_of = cue_of
        self._paradigm: dict[str, Any] | None = None
        self._last_prediction = 0.0
        self._rejections = Rejections()
        self._alive = self._simulated = False
        self._classes: tuple[str, ...] = ()

    @cached_property
    def emotion(self) -> EmotionView:
        """The plane of two axes of levels, made when it is first needed."""
        view, _ = own_view(_EMOTION, self._context)
        view.rule, view.theme = self.rule, self.decision.theme
        self.by_task[_EMOTION] = view
        _add(self.decided, view)
        return view

    @cached_property
    def level_history(self) -> LevelHistory:
        """The past of such levels."""
        past = LevelHistory(self.emotion.course)
        past.theme = self.decision.theme
        _add(self.passed, past)
        return past

    @property
    def views(self) -> tuple[Any, ...]:
        """All that is drawn in the theme's colours."""
        levels = self._with_cues[1:]
        past = self._usual_past
        return (*self.by_task.values(), past, *levels, self.latency)

    @property
    def _past(self) -> tuple[HistoryView | TranscriptView, ...]:
        return (self.history, self.transcript) if self.transcript else (self.history,)

    @property
    def _with_cues(self) -> tuple[HistoryView | LevelHistory, ...]:
        has_levels = "level_history" in self.__dict__
        return (self.history, self.level_history) if has_levels else (self.history,)

    def is_cue(self, label: str) -> bool:
        """Return whether a marker is a cue of the model that decodes, else of the profile."""
        return self._cue_of(label) is not None

    def follow(self, feed: Feed) -> None:
        """Show the engine and the cues of a feed."""
        feed.markers_came.connect(self._on_markers)
        feed.engine_found.connect(self._on_engine)
        feed.engine_alive.connect(self._on_alive)
        feed.predictions_came.connect(self._on_predictions)
        feed.decisions_came.connect(self._on_decisions)
        feed.status_came.connect(self._on_status)

    def _keep_ball(self, shown: bool) -> None:
        self._remembered.ball = shown

    def set_starting(self, starting: bool) -> None:
        """Show in place of a missing engine that one is starting."""
        for view in (*self.by_task.values(), *self._past):
            view.hint = STARTING if starting else NO_ENGINE
        self._refresh()

    def _refresh(self) -> None:
        for view in self.by_task.values():
            view.refresh()
        for past in self._past:
            past.refresh()

    def advance(self, now: float) -> None:
        """Move the time axes to ``now``, LSL clock, and take old predictions for old."""
        self.rule.now = now
        for past in self._with_cues:
            past.advance(now)
        self.latency.advance(now)
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self._show_prediction(None)

    def _show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        for view in self.by_task.values():
            view.show_prediction(prediction)

    def _show_task(self, task: str) -> None:
        levels = self.level_history if task == _EMOTION else None
        shown = self.by_task.get(task, self.decision)
        for view in self.by_task.values():
            view.setVisible(view is shown)
        for past in (self._usual_past, *self._with_cues[1:]):
            past.setVisible(past is (levels or self._usual_past))

    def _on_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        self.rule.since = None
        self._classes = classes
        task = task_of(self._task, classes)
        self._show_task(task)
        for view in (*self.by_task.values(), *self._past):
            view.set_classes(classes)
        if task == _EMOTION:
            self.level_history.course = self.emotion.course
        self._rejections.reset()
        self._simulated = simulated
        self.state_changed.emit(self._alive, simulated)

    def _on_alive(self, alive: bool) -> None:
        self._alive = alive
        for view in (*self.by_task.values(), *self._past, self.latency):
            view.set_engine(alive)
        # Without an engine the usual views show the hint.
        self._show_task(task_of(self._task, self._classes if alive else ()))
        if not alive:
            self._show_prediction(None)
            self._simulated = False
        self.state_changed.emit(alive, self._simulated)

    def _on_markers(self, markers: list[Marker]) -> None:
        for marker in markers:
            self._add_cue(marker.time, self._cue_of(marker.label))

    def _add_cue(self, time: float, cue: str | None) -> None:
        for past in self._with_cues:
            past.add_cue(time, cue)
        for view in self.by_task.values():
            view.show_cue(cue)
        if self._windows is not None:
            self._windows.add(time, cue)

    def end_cue(self, time: float) -> None:
        """End the cue where the signal ends: its length is not known; LSL clock."""
        self._add_cue(time, None)

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._last_prediction = local_clock()
        for prediction in predictions:
            self._show_prediction(prediction)
        for past in self._past:
            past.add(predictions)
        self.latency.add(predictions)

    def _on_decisions(self, decisions: list[DecisionEvent]) -> None:
        self.rule.since = decisions[-1].time
        for past in self._past:
            past.add_decisions(decisions)
        for view in self.by_task.values():
            view.refresh()

    def _follow_paradigm(self, described: dict[str, Any] | None) -> None:
        """Take cues for what the engine's model takes them for, whatever the profile has."""
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
            self._refresh()
        why = self._rejections.since_last(status.windows)
        if not why:
            return
        for view in self.by_task.values():
            view.show_rejected(why)
        now = local_clock()
        for past in self._past:
            past.show_rejected(now, why)


def _add(place: QWidget, view: QWidget) -> None:
    """Put a view in a place that shows one of several; it is not the one."""
    view.hide()
    layout = place.layout()
    assert layout is not None
    layout.addWidget(view)
