"""The dashboard's window: the signal in the middle, panels around it, and what joins them."""

import re
from functools import partial
from pathlib import Path

from pylsl import local_clock
from PySide6.QtCore import QByteArray, QDeadlineTimer, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QLayout, QMainWindow, QVBoxLayout, QWidget

from bci.lsl.discovery import StreamQuery
from bci.messages import EngineStatus
from bci.quality.channel_quality import ChannelQuality
from bci.types import StreamInfo
from gui.actions import SCOPE, WindowActions, fill_menus
from gui.calibration.controller import CalibrationController
from gui.connect import controller as connecting
from gui.connect.controller import ConnectController
from gui.connect.panel import ConnectPanel
from gui.dashboard_actions import dashboard_actions
from gui.decisions.engine_notice import EngineNotice, find_mismatch
from gui.decisions.engine_views import EngineViews
from gui.decisions.status_line import DashboardStatus
from gui.electrodes.quality_marks import summarise
from gui.electrodes.quality_view import QualityView, known_line
from gui.options import DashboardOptions
from gui.processes.child import stop_all
from gui.processes.engine_command import ENGINE, with_last_engine
from gui.processes.engine_watch import EngineWatch
from gui.processes.program_buttons import Programs
from gui.record import controller as recording
from gui.record.bar import RecordBar
from gui.record.controller import RecordController
from gui.replay.window import ReplayWindow
from gui.scope.keys import scope_commands
from gui.settings import DashboardSettings
from gui.shown_signal import ShownSignal
from gui.signal_tabs import SignalTabs
from gui.theme import DARK, LIGHT, Theme, system_theme, theme_named
from gui.widgets.banner import Banner
from gui.widgets.closing import ask_before_closing
from gui.widgets.command_palette import CommandPalette
from gui.widgets.docks import Area, Docks
from gui.widgets.elided import Elided
from gui.widgets.header import Header
from gui.widgets.log_panel import LogPanel
from gui.widgets.pieces import plain, scrolled
from gui.widgets.screen_room import keep_within_screen, resize_within_screen
from gui.widgets.state_mark import StateMark
from gui.workers.stream_feed import Feed

_FRAME_MS = 16
# One for all: a thread that hangs in a network call is left, and ends with the process.
_CLOSING_MS = 900
_WORDS_S, _STORE_MS = 0.1, 5000
_CONNECT_WIDTH, _RIGHT_WIDTH = 256, 330


class MainWindow(QMainWindow):
    """One calm window: the signal, its quality, the decisions, their latency and the losses."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__()
        self.options = options
        self.setWindowTitle("bci")
        self.remembered = DashboardSettings(options.settings)
        self.asks_before_closing = False
        self._worded_at = 0.0
        self._make_views()
        self._make_links()
        self._make_docks()
        self.commands = dashboard_actions(self)
        self.scope_commands = WindowActions(self, SCOPE, scope_commands(self.scope))
        self.header = Header(self.commands, self.programs)
        self.badge = self.header.badge
        self._lay_out()
        self._connect()
        self._restore()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._timer.start()
        self._storing = QTimer(self)
        self._storing.timeout.connect(self.remembered.store)
        self._storing.start(_STORE_MS)
        if options.autostart:
            self.programs.start()
        # Keys go to the page from the start; Space must not press a button by accident.
        self.tabs.show_page(self.tabs.page)

    def _make_views(self) -> None:
        options, remembered = self.options, self.remembered
        self.tabs = SignalTabs(remembered)
        self.scope_panel, self.scope = self.tabs.scope_panel, self.tabs.scope
        self.engine = EngineViews(
            options.cue_of, options.threshold, remembered,
            options.images, options.words, options.task,
        )  # fmt: skip
        self.decision, self.history = self.engine.decision, self.engine.history
        self.latency, self.quality = self.engine.latency, QualityView()
        self.connect_panel, self.log = ConnectPanel(), LogPanel()
        # The subject is the last one, the task the profile's, as a file may be named.
        filled = remembered.record or {"subject": "01"}
        task = re.sub("[^A-Za-z0-9]", "", options.task)
        self.record_bar = RecordBar(filled | {"task": task})
        self.banner, self.notice = Banner(), EngineNotice()
        self.banner_text = self.banner.text
        self.state_mark, self.state, self.quality_state = StateMark(), Elided(), plain(QLabel())

    def _make_links(self) -> None:
        options, remembered = self.options, self.remembered
        bci, folder = options.bci, options.recordings
        self.programs = Programs(
            with_last_engine(
                options.commands, remembered, options.profile, bci, options.engine_name
            )
        )
        self.processes, self.buttons = self.programs.processes, self.programs.buttons
        self.situation = DashboardStatus(str(options.signal))
        self.replay = ReplayWindow(bci, folder, remembered, options.cue_of)
        self.feed = Feed(
            options.engine_name, is_cue=self.engine.is_cue, told=options.stream_options
        )
        self.connecting = ConnectController(
            self.connect_panel, bci, remembered, folder, options.follow_last
        )
        self.recording = RecordController(
            self.record_bar, bci, folder, options.recorded, remembered,
            lambda: tuple(stream.name for stream in self.connecting.streams),
        )  # fmt: skip
        self.calibrating = CalibrationController(options, remembered, self.feed, self.programs)
        self.signal = ShownSignal(
            self.situation, self.tabs, self.quality, self.engine, self.connecting, self.programs
        )
        kept = None if options.autostart else remembered
        self.engine_watch = EngineWatch(self.situation, self.programs, kept, options.profile)

    def _make_docks(self) -> None:
        self.docks = Docks(self.tabs, self)
        left, right = Area.LeftDockWidgetArea, Area.RightDockWidgetArea
        top, bottom = Area.TopDockWidgetArea, Area.BottomDockWidgetArea
        add = self.docks.add
        # A demo brings its own stream; nobody has to choose one.
        shown, connect = not self.options.autostart, scrolled(self.connect_panel)
        add("connect", "Connect", connect, left, _CONNECT_WIDTH, grows=True, shown=shown)
        add("record", "Record", self.record_bar, top)
        add("decision", "Decision", self.engine.decided, right, _RIGHT_WIDTH)
        add("quality", "Signal quality", self.quality, right, _RIGHT_WIDTH)
        add("latency", "Latency", self.latency, right, _RIGHT_WIDTH, grows=True)
        add("history", "History", self.engine.passed, bottom)
        add("log", "Log", self.log, bottom, grows=True, shown=False)

    def _lay_out(self) -> None:
        fill_menus(self.menuBar(), (self.commands, self.scope_commands))
        column = QVBoxLayout()
        column.setContentsMargins(8, 1, 8, 2)
        for part in (self.header, self.banner, self.notice):
            column.addWidget(part)
        room = scrolled(self.docks)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        column.addWidget(room, 1)
        centre = QWidget()
        centre.setLayout(column)
        self.setCentralWidget(centre)
        status = self.statusBar()
        status.setSizeGripEnabled(False)
        status.addWidget(self.state_mark)
        status.addWidget(self.state, 1)
        status.addPermanentWidget(self.quality_state)

    def _connect(self) -> None:
        feed, record, signal = self.feed, self.record_bar, self.signal
        signal.follow(feed)
        signal.awaited.connect(self._on_awaited)
        signal.found.connect(self._on_found)
        signal.quality_changed.connect(self._on_quality)
        self.engine.follow(feed)
        self.engine.state_changed.connect(self.engine_watch.set_state)
        self.engine_watch.follow(feed)
        self.engine_watch.changed.connect(self._show_badge)
        feed.status_came.connect(self._on_status)
        self.programs.runs.connect(self._on_program)
        self.state_mark.clicked.connect(signal.acknowledge_losses)
        self.notice.decode_wanted.connect(lambda _: self.programs.decode_shown())
        self.notice.show_wanted.connect(lambda name: self.show_stream(StreamQuery(name=name), name))
        self.connecting.stream_wanted.connect(self.show_stream)
        self.commands["panel-connect"].toggled.connect(self._on_connect_shown)
        record.saved.open_wanted.connect(self.replay.bring_file)
        record.saved.folder_wanted.connect(self._show_folder)
        self.recording.noted.connect(lambda marker: self.scope.add_markers([marker]))
        calibrating = self.calibrating
        for view in (self.quality, calibrating):
            view.line_chosen.connect(self._choose_line)
        calibrating.cued.connect(lambda marker: feed.markers_came.emit([marker]))
        calibrating.simulator_wanted.connect(self.connecting.use_simulator)
        calibrating.headset_wanted.connect(self._bring_connect)
        self.programs.models_wanted.connect(calibrating.open_models)
        for logged in (
            calibrating.reported, self.programs.said, self.connecting.said, self.recording.said,
            signal.logged,
        ):  # fmt: skip
            logged.connect(self.log.add)
        for source in (signal, self.engine_watch, self.programs):
            source.problem.connect(self.show_problem)
            source.well.connect(self.banner.settle)
        self.connecting.problem.connect(partial(self.show_problem, subject=connecting.SUBJECT))
        self.connecting.well.connect(partial(self.banner.settle, connecting.SUBJECT))
        self.recording.problem.connect(partial(self.show_problem, subject=recording.SUBJECT))
        self.recording.well.connect(partial(self.banner.settle, recording.SUBJECT))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system_theme)
        feed.show(self.options.signal, self.options.markers)

    def _restore(self) -> None:
        """Take up the theme, sizes and places of the last time."""
        options, remembered = self.options, self.remembered
        resize_within_screen(self, QSize(1280, 720))
        self.restoreGeometry(QByteArray.fromBase64(remembered.geometry.encode()))
        keep_within_screen(self)
        if kept := remembered.layout:
            self.docks.restore(kept)
        if options.autostart:
            self.docks["connect"].hide()
        self._set_line(options.line_hz or known_line(remembered.line_hz or 0.0))
        theme = theme_named(remembered.theme)
        self._theme_chosen = theme is not None
        self._apply_theme(theme or system_theme())
        # What is hidden was measured without its style.
        for layout in self.findChildren(QLayout):
            layout.invalidate()
        if remembered.set_aside is not None:
            self.show_problem(
                "Your settings could not be read: defaults are used. "
                f"The old file is {remembered.set_aside}."
            )

    def show_stream(self, query: StreamQuery, name: str) -> None:
        """Show another stream, with the markers that belong to it."""
        self.signal.wait_for(query, name)
        # Those of a demo belong to the stream that it plays.
        markers = None if self.options.autostart else self.options.markers
        self.feed.show(query, markers or StreamQuery(type="Markers"))

    def show_problem(self, sentence: str, subject: str = "") -> None:
        """Show a banner that states what is wrong and what to do; it stops nothing."""
        self.banner.tell(sentence, subject)
        self.log.add(sentence)

    def show_palette(self) -> None:
        """Offer all commands by name."""
        CommandPalette((self.commands, self.scope_commands), self).show()

    def toggle_theme(self) -> None:
        """Dark instead of light, or the other way round, from now on."""
        self._theme_chosen = True
        self._apply_theme(LIGHT if self.scope.theme is DARK else DARK)
        self.remembered.theme = self.scope.theme.name

    def _on_awaited(self, name: str) -> None:
        self.header.set_title(f"waiting for {name} ...")
        self._show_badge()

    def _on_found(self, info: StreamInfo) -> None:
        short = self.header.set_title(info.name)
        what = " (simulated signal)" if info.simulated else " (replay)" if info.replayed else ""
        self.setWindowTitle(f"{short} - bci{what}")
        self._show_badge()

    def _on_quality(self, channels: list[ChannelQuality]) -> None:
        self.quality_state.setText(summarise(channels) if channels else "")

    def _on_status(self, status: EngineStatus) -> None:
        self.situation.on_status(status, local_clock())
        self.decision.show_doubt(self.situation.model_warning)

    def _on_program(self, name: str, running: bool) -> None:
        if name == ENGINE:
            self.engine.set_starting(running)

    def _on_connect_shown(self, shown: bool) -> None:
        if shown and self.isVisible():
            self.connecting.look_again()

    def _show_badge(self) -> None:
        self.header.show_badge(self.situation.simulated, self.situation.signal_replayed)

    def _choose_line(self, hz: float) -> None:
        """The power line has this frequency, here and at the next start."""
        self.remembered.line_hz = hz
        self._set_line(hz)

    def _set_line(self, hz: float) -> None:
        self.quality.set_line(hz)
        self.calibrating.set_line(hz)
        self.feed.set_line_hz(hz)

    def _show_folder(self, file: Path) -> None:
        folder = file.resolve().parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.show_problem(f"No program here opens folders. The recording is in {folder}.")

    def _bring_connect(self) -> None:
        """Show the devices, in front of what other windows are open."""
        self.docks["connect"].show()
        self.raise_()
        self.activateWindow()
        self.connect_panel.devices.setFocus()

    def _advance(self) -> None:
        now = local_clock()
        self.tabs.advance()
        self.engine.advance(now)
        # Words need no more frames than are read.
        if now - self._worded_at < _WORDS_S:
            return
        self._worded_at = now
        self.situation.count_samples(self.tabs.samples_end, now)
        self.state.setText(self.situation.sentence(now, self.latency.median_ms))
        own = self.programs.is_running(ENGINE)
        mismatch = find_mismatch(self.situation, self.programs.command(ENGINE), own)
        self.notice.show_mismatch(mismatch)
        self.decision.show_source(mismatch.decoded if mismatch else "")
        self.state_mark.show_state(self.situation.state(now))

    def _follow_system_theme(self) -> None:
        if not self._theme_chosen:
            self._apply_theme(system_theme())

    def _apply_theme(self, theme: Theme) -> None:
        self.setStyleSheet(theme.style_sheet())
        self.header.theme_button.setText("Light" if theme is DARK else "Dark")
        streams = self.connect_panel.streams
        for view in (*self.engine.views, self.quality, streams, self.state_mark):
            view.theme = theme
            view.update()
        for part in (self.tabs, self.replay, self.calibrating):
            part.set_theme(theme)

    def _close_now(self) -> None:
        self.asks_before_closing = False
        self.close()

    def _end_and_close(self) -> None:
        """Close once the file of the recording is complete."""
        self.recording.saved.connect(lambda _: self._close_now())
        self.recording.end()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.asks_before_closing and self.recording.status is not None:
            event.ignore()
            ask_before_closing(self, self.recording.status, self._close_now, self._end_and_close)
            return
        deadline = QDeadlineTimer(_CLOSING_MS)
        self._timer.stop()
        self.remembered.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.remembered.layout = self.docks.layout_text
        self.remembered.store()
        self.replay.stop()
        # All begin to stop, then they are waited for together: closing takes less than a second.
        parts = (
            self.feed, self.tabs.analysis, self.connecting, self.recording, self.calibrating,
        )  # fmt: skip
        for part in parts:
            part.retire()
        recorded = self.recording.status.streams if self.recording.status else ()
        # A source that is recorded goes on until nobody listens to it.
        left = self.connecting.connection.gives(recorded)
        for source in self.connecting.processes if left else ():
            source.leave()
        stop_all([*self.processes, *(() if left else self.connecting.processes)])
        for part in parts:
            part.stop(deadline.remainingTime() / 1000)
        event.accept()
