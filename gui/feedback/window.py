"""The window of neurofeedback: settings, runs started by one button, and report."""

import math
from collections.abc import Callable
from enum import Enum
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from bci.errors import BciError
from bci.messages import FeedbackRunEvent
from bci.neurofeedback.report import course_of, describe_course
from bci.signals import StreamInfo
from gui.actions import NEUROFEEDBACK, WindowActions, press, tip_of
from gui.feedback.feature_reader import FeedbackRow
from gui.feedback.fields import FeedbackFields
from gui.feedback.learning_curve import LearningCurve
from gui.feedback.operator_view import OperatorView
from gui.feedback.run_table import RunTable
from gui.feedback.steps import Step, steps_of
from gui.settings import DashboardSettings
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import column_of, named, one_of, panel, row_of
from gui.widgets.themed import Themed
from gui.widgets.window_size import resize_within_screen

# Longest time, in seconds, from the last window of a run to its result.
_NO_RESULT_S = 2.0
_NO_SIGNAL = "There is no signal: connect a device, or start the simulator in the dashboard."


class SessionStage(Enum):
    """Stage of a session."""

    IDLE = "idle"
    STARTING = "starting"
    READY = "ready"
    RUNNING = "running"
    ENDING = "ending"


class FeedbackWindow(Themed, QWidget):
    """Fields at the left, operator's view and runs at the right, main button below."""

    start_wanted = Signal(object)  # FeedbackChoice
    run_wanted = Signal(str)  # kind of the run
    stop_wanted = Signal()
    end_wanted = Signal()
    view_wanted = Signal()
    closed = Signal()

    def __init__(self, profile: str, remembered: DashboardSettings) -> None:
        super().__init__()
        self.setWindowTitle("bci - neurofeedback")
        resize_within_screen(self, QSize(1120, 680))
        self._remembered = remembered
        self.stage = SessionStage.IDLE
        self._info: StreamInfo | None = None
        self._steps: list[Step] = []
        self._run_seen_at = 0.0
        self._runs: dict[int, FeedbackRunEvent] = {}
        self.fields = FeedbackFields(profile, remembered.neurofeedback)
        self.fields.setMaximumWidth(350)
        self.operator = OperatorView()
        self.curve = LearningCurve()
        self.table = RunTable()
        self.message = named(Sentence(), "dim")
        self.heading = named(Sentence(), "heading")
        self.next = button("", tip_of("feedback-next"), self._on_next, "go")
        self.stop = button("End run", tip_of("feedback-stop"), self.stop_wanted.emit)
        self.end = button("End session", tip_of("feedback-end"), self._on_end)
        self.view = button("Subject's view", tip_of("feedback-view"), self.view_wanted.emit)
        self._build()
        callbacks: dict[str, Callable[[], object]] = {
            "feedback-next": partial(press, self.next),
            "feedback-stop": partial(press, self.stop),
            "feedback-end": partial(press, self.end),
            "feedback-view": partial(press, self.view),
            "feedback-close": self.close,
        }
        WindowActions(self, NEUROFEEDBACK, callbacks)
        self.fields.changed.connect(self._show)
        self._show()

    def _build(self) -> None:
        views = one_of(self.operator, self.curve)
        right = column_of((panel(views), 3), (panel(self.table), 2), spacing=8)
        middle = row_of(self.fields, (right, 1), spacing=10)
        words = column_of(self.heading, self.message)
        foot = row_of(None, self.view, self.stop, self.end, self.next, spacing=8)
        self.setLayout(column_of((middle, 1), words, foot, margins=(14, 12, 14, 14), spacing=10))

    def open(self) -> None:
        """Show the window in front of all others."""
        self.fields.list_screens()
        self.show()
        self.raise_()
        self.activateWindow()
        self.next.setFocus()

    def set_stream(self, info: StreamInfo | None) -> None:
        """Set the stream that the dashboard shows; ``info`` is None without a stream."""
        self._info = info
        self._show()

    def set_stage(self, stage: SessionStage, message: str = "") -> None:
        """Change to ``stage`` of the session, and show ``message``."""
        if stage is SessionStage.STARTING:
            self.table.clear_runs()
            self._runs.clear()
            self._steps = steps_of(self.fields.choice().protocol.runs)
            self._show_curve(False)
        elif stage is SessionStage.IDLE:
            self._show_curve(bool(self._runs))
        self.stage = stage
        if message or stage is not SessionStage.READY:
            self.message.setText(message)
        self._show()

    def _show_curve(self, shown: bool) -> None:
        """Show the learning curve if ``shown``, else the operator's view."""
        if shown:
            self.curve.show_runs(list(self._runs.values()))
        self.operator.setVisible(not shown)
        self.curve.setVisible(shown)

    def show_message(self, sentence: str) -> None:
        """Show a sentence that the session's process printed."""
        self.message.setText(sentence)
        # If the process refused a run, its button is enabled again.
        self._show()

    def take_rows(self, rows: list[FeedbackRow]) -> None:
        """Show the newest windows of the session; ``rows`` must not be empty."""
        self.operator.add_rows(rows)
        newest = rows[-1]
        if newest.kind is not None:
            self._run_seen_at = newest.taken
            if self.stage is SessionStage.READY:
                self.set_stage(SessionStage.RUNNING)
        elif self.stage is SessionStage.RUNNING and newest.taken - self._run_seen_at > _NO_RESULT_S:
            # An unusable baseline has no result.
            self.set_stage(SessionStage.READY)

    def finish_step(self, kind: str) -> None:
        """Continue with the next step, since a run of this ``kind`` has its result."""
        if self._steps and self._steps[0].kind == kind:
            self._steps.pop(0)
        if self.stage is SessionStage.RUNNING:
            self.stage = SessionStage.READY
        self._show()

    def take_run(self, run: FeedbackRunEvent) -> None:
        """Show a completed run, or its values that unblind it, which come at the end."""
        is_new = run.run not in self._runs
        self._runs[run.run] = run
        self.table.show_run(run)
        if is_new:
            self.finish_step(run.kind)

    @property
    def report(self) -> str:
        """A sentence on the change over the feedback runs; empty without any run."""
        changes = [
            math.nan if run.change_sd is None else run.change_sd
            for run in self._runs.values()
            if run.kind == "feedback"
        ]
        return f"{describe_course(course_of(changes))}." if self._runs else ""

    @property
    def step(self) -> Step | None:
        """The next run; None after the last one."""
        return self._steps[0] if self._steps else None

    def _show(self) -> None:
        step, stage = self.step, self.stage
        texts = {
            SessionStage.IDLE: "Start session",
            SessionStage.STARTING: "Starting ...",
            SessionStage.READY: f"Begin: {step.title}" if step else "Show report",
            SessionStage.RUNNING: step.title if step else "Running ...",
            SessionStage.ENDING: "Ending ...",
        }
        self.next.setText(texts[stage])
        problem = self._problem() if stage is SessionStage.IDLE else ""
        self.next.setEnabled(stage in (SessionStage.IDLE, SessionStage.READY) and not problem)
        self.stop.setEnabled(stage is SessionStage.RUNNING)
        self.end.setEnabled(
            stage in (SessionStage.STARTING, SessionStage.READY, SessionStage.RUNNING)
        )
        self.view.setEnabled(stage not in (SessionStage.IDLE, SessionStage.ENDING))
        self.fields.setEnabled(stage is SessionStage.IDLE)
        signal = ""
        if self._info is not None:
            signal = f"Signal: {self._info.name} ({self._info.summary})"
        self.heading.setText(problem or signal)

    def _problem(self) -> str:
        if self._info is None:
            return _NO_SIGNAL
        try:
            self.fields.choice()
        except BciError as error:
            return str(error)
        return ""

    def _on_next(self) -> None:
        if self.stage is SessionStage.IDLE:
            self._remembered.neurofeedback = self.fields.filled
            self.start_wanted.emit(self.fields.choice())
        elif self.step is not None:
            # Disabled until the first window of the run comes, so that a run is requested once.
            self.next.setEnabled(False)
            self.run_wanted.emit(self.step.kind)
        else:
            self._on_end()

    def _on_end(self) -> None:
        self.end_wanted.emit()

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet(calibration=True))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self.closed.emit()
        event.accept()
