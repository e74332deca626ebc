"""Neurofeedback sessions in the dashboard: process, recording and screen."""

from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from bci.messages import BaselineEvent, FeedbackRunEvent
from bci.signals import StreamInfo
from gui.actions import key_of
from gui.feedback.choice import FeedbackChoice
from gui.feedback.feature_reader import FeatureNews, FeatureReader, FeedbackRow
from gui.feedback.scene import FeedbackScene
from gui.feedback.window import FeedbackWindow, SessionStage
from gui.options import DashboardOptions
from gui.presenter.presenter import Presenter
from gui.presenter.screens import screen_named
from gui.processes.child import Child, Command
from gui.record.run_recorder import RunRecorder
from gui.settings import DashboardSettings
from gui.theme import Theme
from gui.workers.stream_feed import Feed
from gui.workers.stream_readers import SignalFound

FEEDBACK_TASK = "neurofeedback"
_STREAMS = ("feature", "reward", "runs")
# Delay before the recorder ends, so that it still records the session's last markers.
_LAST_MS = 400


class FeedbackController(QObject):
    """Opens the neurofeedback window, and runs sessions, one at a time."""

    reported = Signal(str)

    def __init__(
        self, options: DashboardOptions, remembered: DashboardSettings, feed: Feed
    ) -> None:
        super().__init__()
        self._options, self._remembered = options, remembered
        self._info: StreamInfo | None = None
        self._theme: Theme | None = None
        self._choice: FeedbackChoice | None = None
        self._docked: Any = None
        self._reader: FeatureReader | None = None
        self._recorder: RunRecorder | None = None
        self._child: Child | None = None
        self._is_recorded = True
        self.window: FeedbackWindow | None = None
        self.presenter: Presenter | None = None
        self.scene: FeedbackScene | None = None
        self.news = FeatureNews()
        self.news.rows_came.connect(self._on_rows)
        self.news.session_found.connect(self._on_session)
        feed.signal_found.connect(self._on_signal)
        feed.signal_alive.connect(self._on_alive)

    @property
    def processes(self) -> list[Child]:
        """The process of the current session; empty without a session."""
        return [] if self._child is None else [self._child]

    def runs_engine(self, name: str) -> bool:
        """Return whether a session runs whose streams belong to the engine ``name``."""
        return self._child is not None and self._choice is not None and self._choice.name == name

    def show_in(self, view: object) -> None:
        """Also show sessions in ``view``, if it has a method ``add_rows``."""
        self._docked = view if hasattr(view, "add_rows") else None

    def open(self) -> None:
        """Show the window; make it at the first call."""
        if self.window is None:
            window = self.window = FeedbackWindow(self._options.profile, self._remembered)
            window.start_wanted.connect(self.start)
            window.run_wanted.connect(self._write)
            window.stop_wanted.connect(lambda: self._write("stop"))
            window.end_wanted.connect(self.end)
            window.view_wanted.connect(self.toggle_view)
            window.closed.connect(self.end)
            window.set_stream(self._info)
            if self._theme is not None:
                window.theme = self._theme
        self.window.open()

    def start(self, choice: FeedbackChoice) -> None:
        """Start the process and the recording of a session; nothing without a signal."""
        if self._info is None or self._child is not None or self.window is None:
            return
        self._choice = choice
        if self._recorder is not None:
            self._end_recording(self._recorder)
        self.window.set_stage(SessionStage.STARTING, "The session is starting ...")
        self._reader = FeatureReader(choice.name, self.news)
        self._reader.start()
        argv = (*self._options.bci, *choice.arguments(self._info.name))
        child = self._child = Child(Command("neurofeedback", argv), self)
        child.reported.connect(self._on_event)
        child.logged.connect(self._on_logged)
        child.died.connect(self._on_died)
        child.running.connect(self._on_running)
        self._is_recorded = choice.session is None
        if choice.session is not None:
            recorder = self._recorder = RunRecorder(self._options.bci, self)
            recorder.ready.connect(self._on_recorded)
            recorder.waits.connect(self._show_message)
            recorder.logged.connect(self.reported)
            file = choice.session.next_path(self._options.recordings)
            names = tuple(f"{choice.name}-{stream}" for stream in _STREAMS)
            recorder.record(file, (self._info.name, *names))
        child.start()
        self._open_view()

    def end(self) -> None:
        """End the session; its report is shown when its process has ended."""
        if self._child is not None and self.window is not None:
            self.window.set_stage(SessionStage.ENDING)
            self._child.stop()

    def toggle_view(self) -> None:
        """Show the subject's view if it is hidden, else hide it."""
        if self.presenter is not None and self.presenter.is_open:
            self.presenter.close()
        else:
            self._open_view()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self.window is not None:
            self.window.theme = theme

    def retire(self) -> None:
        """End the session because the dashboard closes; returns at once."""
        if self.presenter is not None:
            self.presenter.retire()
        if self._reader is not None:
            self._reader.retire()
        if self._recorder is not None:
            self._recorder.retire()
        if self.window is not None:
            self.window.close()

    def stop(self, timeout_s: float) -> None:
        """End the threads, waiting up to ``timeout_s`` s for each, then the recording."""
        for worker in (self._reader, self._recorder):
            if worker is not None:
                worker.stop(timeout_s)
        # The recording ends last, since the last marker of a session is the one that unblinds it.
        if self._recorder is not None:
            self._recorder.end()

    def _open_view(self) -> None:
        choice = self._choice
        if choice is None or self._info is None or choice.protocol.shown.view == "none":
            return
        if self.scene is None:
            self.scene = FeedbackScene(choice.protocol.shown, self._info.simulated)
            if self.scene.problem:
                self._show_message(self.scene.problem)
        if self.presenter is None:
            self.presenter = Presenter(self.scene, None, self)
            self.presenter.title = "bci - neurofeedback"
        self.presenter.scene = self.scene
        self.presenter.open(choice.full_screen, screen_named(choice.screen))

    def _write(self, line: str) -> None:
        if self._child is not None:
            self._child.write_line(line)

    def _on_rows(self, rows: list[FeedbackRow]) -> None:
        if self.scene is not None:
            for row in rows:
                self.scene.take(row)
        if self._docked is not None:
            self._docked.add_rows(rows)
        if self.window is None:
            return
        if self.window.stage is SessionStage.STARTING and self._is_recorded:
            self.window.set_stage(
                SessionStage.READY, "The signal is there. Begin when all is well."
            )
        self.window.take_rows(rows)

    def _on_session(self, info: StreamInfo) -> None:
        for view in (self._docked, self.window.operator if self.window else None):
            if view is not None:
                view.set_session(info)

    def _on_recorded(self) -> None:
        self._is_recorded = True
        if self._recorder is not None:
            self.reported.emit(f"neurofeedback: recording {self._recorder.file}")

    def _on_event(self, event: object) -> None:
        if self.window is None:
            return
        if isinstance(event, BaselineEvent):
            self.window.finish_step("baseline")
            self.window.show_message(
                f"Baseline: {event.mean:.3g} {event.unit} on average, SD {event.sd:.3g}; "
                f"{event.clean} of {event.windows} windows are clean."
            )
        elif isinstance(event, FeedbackRunEvent):
            self.window.take_run(event)

    def _on_logged(self, line: str) -> None:
        self.reported.emit(line)
        self._show_message(line.partition(": ")[2])

    def _on_died(self, why: str) -> None:
        self._show_message(f"{why}.")
        self.reported.emit(f"{why}.")

    def _on_running(self, running: bool) -> None:
        if running or self._child is None:
            return
        was_stopped = self._child.was_stopped
        self._child.deleteLater()
        self._child = None
        if self._reader is not None:
            self._reader.retire()
            self._reader = None
        if self.presenter is not None:
            self.presenter.close()
        self.scene = None
        if self._recorder is not None:
            end = partial(self._end_recording, self._recorder)
            QTimer.singleShot(_LAST_MS, self._recorder, end)
        if self.window is not None:
            kept = self.window.message.text()
            self.window.set_stage(SessionStage.IDLE, self.window.report if was_stopped else kept)

    def _end_recording(self, recorder: RunRecorder) -> None:
        # The next session may have begun, with another recorder.
        if recorder is not self._recorder:
            return
        self._recorder = None
        if not recorder.is_running:
            recorder.retire()
            recorder.deleteLater()
            return
        recorder.ended.connect(lambda _: self._forget(recorder))
        recorder.end()

    def _forget(self, recorder: RunRecorder) -> None:
        self.reported.emit(f"neurofeedback: recorded {recorder.file}")
        if self.window is not None:
            self.window.show_message(
                f"{self.window.report} The recording is {recorder.file}; "
                f"Recordings ({key_of('recordings')}) shows it."
            )
        recorder.retire()
        recorder.deleteLater()

    def _show_message(self, sentence: str) -> None:
        if self.window is not None:
            self.window.show_message(sentence)

    def _on_signal(self, found: SignalFound) -> None:
        self._info = found.info
        if self.window is not None:
            self.window.set_stream(found.info)

    def _on_alive(self, alive: bool) -> None:
        if not alive:
            self._info = None
        if self.window is not None:
            self.window.set_stream(self._info)
