"""Connections from the dashboard's views to streams, programs and the recorder."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pylsl import local_clock
from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from bci.lsl.discovery import StreamQuery
from bci.messages import EngineStatus
from gui.bridges.controller import BridgesController
from gui.calibration.controller import CalibrationController
from gui.connect import controller as connecting
from gui.connect.controller import ConnectController
from gui.connect.shown_signal import ShownSignal
from gui.electrodes.quality_view import known_line
from gui.feedback.controller import FeedbackController
from gui.paradigms.controller import SpellerController
from gui.processes.child import stop_all
from gui.processes.engine_command import ENGINE, with_last_engine
from gui.processes.engine_watch import EngineWatch
from gui.processes.program_buttons import Programs
from gui.processes.status_line import DashboardStatus
from gui.record import controller as recording
from gui.record.controller import RecordController
from gui.replay.window import ReplayWindow
from gui.theme import Theme
from gui.workers.stream_feed import Feed

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.timing.window import TimingWindow

# Time for all threads together to end. A thread that hangs in a network call is left behind and
# ends with the process.
_CLOSING_MS = 900
_STORE_MS = 5000


class DashboardLinks(QObject):
    """Connects a window's views to the streams and to the programs that run beside it."""

    logged = Signal(str)
    problem = Signal(str, str)  # one sentence, and the subject that it is about
    well = Signal(str)  # the subject whose problem is over

    def __init__(self, views: "MainWindow") -> None:
        super().__init__()
        options, settings = views.options, views.remembered
        self._options, self._settings, self._views = options, settings, views
        bci, folder = options.bci, options.recordings
        self.status = DashboardStatus(str(options.signal))
        self.programs = Programs(
            with_last_engine(options.commands, settings, options.profile, bci, options.engine_name)
        )
        self.feed = Feed(
            options.engine_name, is_cue=views.engine.is_cue, stream_options=options.stream_options
        )
        self.connecting = ConnectController(
            views.connect_panel, bci, settings, folder, options.follow_last
        )
        self.recording = RecordController(
            views.record_bar, bci, folder, options.recorded, settings,
            lambda: tuple(stream.name for stream in self.connecting.streams),
        )  # fmt: skip
        self.bridging = BridgesController(views.bridges, bci, settings, options.engine_name)
        self._replay: ReplayWindow | None = None
        self._timing: TimingWindow | None = None
        self.calibrating = CalibrationController(options, settings, self.feed, self.programs)
        self.feedback = FeedbackController(options, settings, self.feed)
        self.spelling = SpellerController(options, settings, self.feed, self.programs)
        self.signal = ShownSignal(
            self.status, views.tabs, views.quality, views.engine, self.connecting, self.programs
        )
        # The engine of a demo is not stored among the user's settings.
        kept = None if options.autostart else settings
        self.engine_watch = EngineWatch(
            self.status, self.programs, kept, options.profile,
            lambda: self.feedback.runs_engine(options.engine_name),
        )  # fmt: skip
        self._connect_streams()
        self._connect_programs()
        self._connect_reports()
        self._set_line(options.line_hz or known_line(settings.line_hz or 0.0))
        self.feed.show(options.signal, options.markers)
        storing = QTimer(self)
        storing.timeout.connect(settings.store)
        storing.start(_STORE_MS)

    @property
    def replay(self) -> ReplayWindow:
        """The replay window; made at the first access, to shorten the dashboard's start."""
        if self._replay is None:
            options = self._options
            self._replay = ReplayWindow(
                options.bci, options.recordings, self._settings, options.cue_of
            )
            self._replay.theme = self._views.theme
        return self._replay

    def open_timing(self) -> None:
        """Show the timing lab; its window is made at the first call."""
        if self._timing is None:
            from gui.timing.window import TimingWindow

            self._timing = TimingWindow()
            self._timing.theme = self._views.theme
        self._timing.bring()

    def set_theme(self, theme: Theme) -> None:
        """Apply the dashboard's theme to all other windows."""
        if self._replay is not None:
            self._replay.theme = theme
        if self._timing is not None:
            self._timing.theme = theme
        self.bridging.set_theme(theme)
        self.calibrating.set_theme(theme)
        self.feedback.set_theme(theme)
        self.spelling.set_theme(theme)

    def show_stream(self, query: StreamQuery, name: str) -> None:
        """Show the stream that ``query`` finds, called ``name``, with its markers."""
        self.signal.wait_for(query, name)
        # The marker query of a demo belongs only to the stream that the demo plays.
        markers = None if self._options.autostart else self._options.markers
        self.feed.show(query, markers or StreamQuery(type="Markers"))

    def show_named(self, name: str) -> None:
        """Show the stream called ``name``."""
        self.show_stream(StreamQuery(name=name), name)

    def stop(self) -> None:
        """End all threads and programs except a recorder and the source that it records."""
        deadline = QDeadlineTimer(_CLOSING_MS)
        self._settings.store()
        if self._replay is not None:
            self._replay.stop()
        if self._timing is not None:
            self._timing.close()
        # First all parts begin to stop, then all are waited for: so closing takes less than 1 s.
        parts = (
            self.feed, self._views.tabs.analysis, self.connecting, self.recording,
            self.calibrating, self.feedback, self.spelling, self.bridging,
        )  # fmt: skip
        for part in parts:
            part.retire()
        recorded = self.recording.status.streams if self.recording.status else ()
        # A source that is recorded continues until no program reads its stream.
        left = self.connecting.connection.gives(recorded)
        for source in self.connecting.processes if left else ():
            source.leave()
        sessions = [*self.feedback.processes, *self.bridging.processes]
        stop_all(
            [*self.programs.processes, *sessions, *(() if left else self.connecting.processes)]
        )
        for part in parts:
            part.stop(deadline.remainingTime() / 1000)

    def _connect_streams(self) -> None:
        feed, views, scope = self.feed, self._views, self._views.tabs.scope
        self.signal.follow(feed)
        streams = views.connect_panel.streams
        self.signal.found.connect(lambda info: streams.set_shown(info.name))
        views.engine.follow(feed)
        views.engine.state_changed.connect(self.engine_watch.set_state)
        self.engine_watch.follow(feed)
        self.connecting.stream_wanted.connect(self.show_stream)
        self.recording.noted.connect(lambda marker: scope.add_markers([marker]))
        for cueing in (self.calibrating, self.spelling):
            cueing.cued.connect(lambda marker: feed.markers_came.emit([marker]))
        self.feedback.show_in(views.engine.own)
        feed.status_came.connect(self._on_status)
        feed.engine_alive.connect(lambda alive: None if alive else views.quality.show_filters(()))
        for view in (views.quality, self.calibrating):
            view.line_chosen.connect(self._choose_line)

    def _connect_programs(self) -> None:
        self.programs.runs.connect(self._on_program)
        self.calibrating.simulator_wanted.connect(self.connecting.use_simulator)
        self.programs.models_wanted.connect(self.calibrating.open_models)
        self._views.record_bar.saved.open_wanted.connect(lambda file: self.replay.bring_file(file))
        self._views.record_bar.saved.folder_wanted.connect(self._show_folder)

    def _connect_reports(self) -> None:
        for logged in (
            self.calibrating.reported, self.feedback.reported, self.spelling.reported,
            self.programs.logged,
            self.connecting.logged, self.recording.logged, self.signal.logged, self.bridging.logged,
        ):  # fmt: skip
            logged.connect(self.logged)
        for source in (self.signal, self.engine_watch, self.programs, self.bridging):
            source.problem.connect(self.problem)
            source.well.connect(self.well)
        for part, subject in (
            (self.connecting, connecting.SUBJECT), (self.recording, recording.SUBJECT),
        ):  # fmt: skip
            part.problem.connect(partial(self._report, subject))
            part.well.connect(partial(self.well.emit, subject))

    def _on_status(self, status: EngineStatus) -> None:
        self.status.on_status(status, local_clock())
        self._views.engine.decision.show_doubt(self.status.model_warning)
        self._views.quality.show_filters(status.filters)

    def _on_program(self, name: str, running: bool) -> None:
        if name == ENGINE:
            self._views.engine.set_starting(running)

    def _show_folder(self, file: Path) -> None:
        folder = file.resolve().parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.problem.emit(f"No program here opens folders. The recording is in {folder}.", "")

    def _report(self, subject: str, sentence: str) -> None:
        self.problem.emit(sentence, subject)

    def _choose_line(self, hz: float) -> None:
        """Set the power-line frequency, in hertz, for now and for the next start."""
        self._settings.line_hz = hz
        self._set_line(hz)

    def _set_line(self, hz: float) -> None:
        self._views.quality.set_line(hz)
        self._views.tabs.scope.choose(line_hz=hz)
        self.calibrating.set_line(hz)
        self.feed.set_line_hz(hz)
