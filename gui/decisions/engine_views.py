"""All views of an engine: decisions by task, their history and their delay."""

import contextlib
import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pylsl import local_clock
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QBoxLayout

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus, Spelled
from bci.profiles.paradigm import Paradigm
from bci.signals import Marker, is_frame_note
from gui.decisions.attention_view import AttentionView
from gui.decisions.class_bars import ClassBars
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.decision_view import CueWindows
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.history import HistoryView, LevelHistory
from gui.decisions.image_matches import ShownImages
from gui.decisions.spelling_view import SPELLERS, SpelledTranscript
from gui.decisions.task_views import ViewContext, own_view, task_of
from gui.decisions.timing.latency import LatencyView
from gui.decisions.timing.rejections import Rejections
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
    """Passes predictions, cues and status on to all views of an engine.

    ``by_task`` has the view of each task by name; the view of the empty name is the bars. One of
    them is shown in ``decided``: the view of the profile's task, or that of emotion if the classes
    are levels of two axes. ``passed`` shows the history, or a transcript of words or images.

    ``cue_of`` returns the class of a marker's label, None for a marker that ends the cue.
    ``cue_of`` and ``threshold`` are used until an engine reports its own.
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
        self.rule = DecisionRule(threshold)
        self.decision = ClassBars(threshold)
        self._remembered = remembered
        self.decision.set_ball(remembered.ball)
        self.decision.ball_toggled.connect(self._keep_ball)
        windows = None
        self.history: HistoryView | TranscriptView
        if images is not None:
            windows = CueWindows(images.offset_s + images.window_s)
            self.history = TranscriptView(windows, "images found", truth="shown")
        elif words is not None:
            windows = words.windows
            self.history = TranscriptView(windows)
        elif task in SPELLERS:
            self.history = SpelledTranscript()
        else:
            self.history = HistoryView(self.rule)
        self._task = task_of(task, ())
        self._context = ViewContext(threshold, windows, images)
        self.own, why = own_view(self._task, self._context)
        if why:
            _log.warning(why)
        self.by_task: dict[str, Any] = {"": self.decision}
        if self.own is not None:
            self.by_task[self._task] = self.own
        for view in self.by_task.values():
            view.rule = self.rule
        # The plane of two axes of levels, and their history; made when they are first needed.
        self.emotion: EmotionView | None = None
        self.level_history: LevelHistory | None = None
        self.attention = AttentionView()
        self.decided = one_of(*reversed(self.by_task.values()), self.attention)
        self.passed = one_of(self.history)
        self.latency = LatencyView()
        self._cue_of = cue_of
        self._paradigm: dict[str, Any] | None = None
        self._last_prediction = 0.0
        self._rejections = Rejections()
        self._alive = self._simulated = False
        self._classes: tuple[str, ...] = ()

    def _make_levels(self) -> None:
        self.emotion, _ = own_view(_EMOTION, self._context)
        assert self.emotion is not None
        self.emotion.rule = self.rule
        self.by_task[_EMOTION] = self.emotion
        self.level_history = LevelHistory(self.emotion.course)
        if isinstance(self.history, HistoryView):
            self.level_history.link_across(self.history)
        for place, view in ((self.decided, self.emotion), (self.passed, self.level_history)):
            view.theme = self.decision.theme
            view.hide()
            layout = place.layout()
            assert isinstance(layout, QBoxLayout)
            # Inserted at the top, so that the attention stays below the decision.
            layout.insertWidget(0, view)

    @property
    def _pasts(self) -> tuple[HistoryView | TranscriptView | LevelHistory, ...]:
        return (self.history, self.level_history) if self.level_history else (self.history,)

    def is_cue(self, label: str) -> bool:
        """Return whether a marker is a cue, for the engine's model or else the profile."""
        return self._cue_of(label) is not None

    def follow(self, feed: Feed) -> None:
        """Connect to a feed: show its engine and its cues from now on."""
        feed.markers_came.connect(self._on_markers)
        feed.engine_found.connect(self._on_engine)
        feed.engine_alive.connect(self._on_alive)
        feed.predictions_came.connect(self._on_predictions)
        feed.decisions_came.connect(self._on_decisions)
        feed.status_came.connect(self._on_status)
        feed.spelled_came.connect(self._on_spelled)

    def _keep_ball(self, shown: bool) -> None:
        self._remembered.ball = shown

    def set_starting(self, starting: bool) -> None:
        """Set whether the hint for a missing engine states that one is starting."""
        for view in (*self.by_task.values(), self.history):
            view.hint = STARTING if starting else NO_ENGINE
        self._refresh()

    def _refresh(self) -> None:
        for view in (*self.by_task.values(), self.history):
            view.refresh()

    def advance(self, now: float) -> None:
        """Move the time axes to ``now``, and clear an outdated prediction.

        ``now`` is in seconds on the LSL clock.
        """
        self.rule.now = now
        for past in self._pasts:
            past.advance(now)
        self.latency.advance(now)
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self._show_prediction(None)

    def _show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        for view in self.by_task.values():
            view.show_prediction(prediction)

    def _show_task(self, task: str) -> None:
        if task == _EMOTION and self.emotion is None:
            self._make_levels()
        shown = self.by_task.get(task, self.decision)
        for view in self.by_task.values():
            view.setVisible(view is shown)
        self.history.setVisible(task != _EMOTION)
        if self.level_history is not None:
            self.level_history.setVisible(task == _EMOTION)

    def _on_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        self.rule.since = None
        self._classes = classes
        self._show_task(task_of(self._task, classes))
        for view in (*self.by_task.values(), self.history):
            view.set_classes(classes)
        if self.emotion is not None and self.level_history is not None:
            self.level_history.course = self.emotion.course
        self._rejections.reset()
        self._simulated = simulated
        self.state_changed.emit(self._alive, simulated)

    def _on_alive(self, alive: bool) -> None:
        self._alive = alive
        for view in (*self.by_task.values(), self.history, self.latency):
            view.set_engine(alive)
        # Without an engine the view of the profile's task shows the hint.
        self._show_task(task_of(self._task, self._classes if alive else ()))
        if not alive:
            self._show_prediction(None)
            self.attention.show_attention({})
            self._simulated = False
        self.state_changed.emit(alive, self._simulated)

    def _on_markers(self, markers: list[Marker]) -> None:
        for marker in markers:
            if is_frame_note(marker.label):
                continue
            self._add_cue(marker.time, self._cue_of(marker.label))

    def _add_cue(self, time: float, cue: str | None) -> None:
        for past in self._pasts:
            past.add_cue(time, cue)
        for view in self.by_task.values():
            view.show_cue(cue)

    def end_cue(self, time: float) -> None:
        """End the current cue at ``time``, in seconds on the LSL clock, when the signal ends."""
        self._add_cue(time, None)

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._last_prediction = local_clock()
        for prediction in predictions:
            self._show_prediction(prediction)
        self.history.add(predictions)
        self.latency.figures.add(predictions)

    def _on_decisions(self, decisions: list[DecisionEvent]) -> None:
        self.rule.since = decisions[-1].time
        self.history.add_decisions(decisions)
        for view in self.by_task.values():
            view.refresh()

    def _on_spelled(self, selections: list[Spelled]) -> None:
        for spelled in selections:
            for view in (*self.by_task.values(), self.history):
                if hasattr(view, "show_spelled"):
                    view.show_spelled(spelled)

    def _follow_paradigm(self, described: dict[str, Any] | None) -> None:
        """Use the cues of the engine's paradigm instead of the profile's."""
        if described is None or described == self._paradigm:
            return
        self._paradigm = described
        # If the engine's description is no valid paradigm, the profile's cues stay.
        with contextlib.suppress(ValidationError):
            paradigm = Paradigm.model_validate(described)
            self._cue_of = lambda label: getattr(paradigm.cue_of(label), "label", None)

    def _on_status(self, status: EngineStatus) -> None:
        self._follow_paradigm(status.paradigm)
        self.latency.show_status(status)
        self.attention.show_attention(status.attention)
        if self.rule.follow(status):
            self._refresh()
        if isinstance(self.history, HistoryView):
            self.history.add_state(local_clock(), status.signal_state, status.held_back)
        why = self._rejections.since_last(status.windows)
        if not why:
            return
        for view in self.by_task.values():
            view.show_rejected(why)
        self.history.show_rejected(local_clock(), why)
