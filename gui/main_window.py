"""The dashboard's window: views side by side, fed by the streams, and the children's buttons."""

import re
from pathlib import Path
from time import time

from pylsl import local_clock
from PySide6.QtCore import QByteArray, QDeadlineTimer, QSize, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMainWindow, QVBoxLayout, QWidget

from bci.lsl.discovery import StreamQuery
from bci.lsl.inlet import InletStats
from bci.lsl.losses import LossLog
from bci.messages import EngineStatus
from bci.quality.channel_quality import ChannelQuality
from bci.quality.words import no_samples_since, summarise
from gui.actions import bind, pressing
from gui.calibration.controller import CalibrationController
from gui.connect import controller as connecting
from gui.connect.controller import ConnectController
from gui.connect.panel import ConnectPanel
from gui.decisions.engine_views import EngineViews
from gui.decisions.status_line import DashboardStatus
from gui.electrodes.quality_view import QualityView, known_line
from gui.options import DashboardOptions
from gui.processes import engine_notice
from gui.processes.child import stop_all
from gui.processes.engine_command import ENGINE, remember_engine, with_last_engine
from gui.processes.engine_notice import EngineNotice, find_mismatch
from gui.processes.program_buttons import Programs
from gui.record import controller as recording
from gui.record.bar import RecordBar
from gui.record.controller import RecordController
from gui.replay.window import ReplayWindow
from gui.settings import DashboardSettings
from gui.signal_tabs import SignalTabs
from gui.theme import DARK, LIGHT, Theme, system_theme, theme_named
from gui.widgets.banner import Banner
from gui.widgets.closing import ask_before_closing
from gui.widgets.elided import Elided
from gui.widgets.header import Header
from gui.widgets.log_panel import LogPanel
from gui.widgets.pieces import column_of, panel, plain, scrolled
from gui.widgets.screen_room import keep_within_screen, resize_within_screen
from gui.widgets.state_mark import StateMark
from gui.widgets.units import counted
from gui.workers.stream_feed import Feed
from gui.workers.stream_readers import SignalFound

_FRAME_MS = 16
# One for all: a thread that hangs in a network call is left, and ends with the process.
_CLOSING_MS = 900
_WORDS_S = 0.1
_CONNECT_WIDTH, _RIGHT_WIDTH = 264, 340


class MainWindow(QMainWindow):
    """One calm window: what comes in, how good it is, what is decided, how late, what was lost."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__()
        self.options = options
        self.setWindowTitle("bci")
        resize_within_screen(self, QSize(1280, 720))
        self.remembered = DashboardSettings(options.settings)
        self.restoreGeometry(QByteArray.fromBase64(self.remembered.text("window").encode()))
        keep_within_screen(self)
        self.tabs = SignalTabs(self.remembered)
        self.scope_panel, self.scope = self.tabs.scope_panel, self.tabs.scope
        self.engine = EngineViews(
            options.cue_of,
            options.threshold,
            self.remembered,
            options.images,
            options.words,
            options.task,
        )
        self.decision, self.history = self.engine.decision, self.engine.history
        self.latency = self.engine.latency
        self.quality = QualityView()
        self.connect_panel = ConnectPanel()
        # As a file may be named: motorimagery.
        named = re.sub("[^A-Za-z0-9]", "", options.task)
        # Whom is remembered; the task of another profile would name the file wrongly.
        filled = self.remembered.table("record") or {"subject": "01"}
        self.record_bar = RecordBar(filled | {"task": named})
        self.log = LogPanel()
        commands = with_last_engine(
            options.commands, self.remembered, options.profile, options.bci, options.engine_name
        )
        self.programs = Programs(commands)
        self.processes, self.buttons = self.programs.processes, self.programs.buttons
        self.situation = DashboardStatus(str(options.signal))
        self.replay = ReplayWindow(options.bci, options.recordings, self.remembered, options.cue_of)
        self._losses = LossLog("")
        self._told = 0.0
        self._is_own_engine = self._is_started_anew = False
        self.asks_before_closing = False
        self._build()
        self._connect_feed()
        self._connect_sources()
        theme = theme_named(self.remembered.text("theme"))
        self._theme_chosen = theme is not None
        self._apply_theme(theme or system_theme())
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system_theme)
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._timer.start()
        if self.remembered.set_aside is not None:
            self.show_problem(
                "Your settings could not be read: defaults are used. "
                f"The old file is {self.remembered.set_aside}."
            )
        if options.autostart:
            self.programs.start()
        # Keys go to the page from the start; Space must not press a button by accident.
        self.tabs.show_page(self.tabs.page)

    def _build(self) -> None:
        self.header = Header(self.programs)
        self.badge = self.header.badge
        self.log.hide()
        self.header.log_button.toggled.connect(self.log.setVisible)
        self.header.theme_button.clicked.connect(self._toggle_theme)
        self.header.replay_button.clicked.connect(self.replay.bring)
        self.banner = Banner()
        self.banner_text = self.banner.text
        self.notice = EngineNotice()
        self.notice.decode_wanted.connect(lambda _: self.programs.decode_shown())
        self.notice.show_wanted.connect(lambda name: self.show_stream(StreamQuery(name=name), name))
        left = QVBoxLayout()
        left.addWidget(panel(self.tabs), 1)
        left.addWidget(panel(self.engine.passed))
        left.addWidget(self.log)
        side = column_of(_RIGHT_WIDTH, self.engine.decided, self.quality, self.latency)
        self.side = scrolled(side)
        self.connect_side = scrolled(column_of(_CONNECT_WIDTH, self.connect_panel))
        middle = QHBoxLayout()
        middle.addWidget(self.connect_side)
        middle.addLayout(left, 1)
        middle.addWidget(self.side)
        column = QVBoxLayout()
        column.setContentsMargins(9, 7, 9, 3)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addWidget(self.notice)
        column.addWidget(panel(self.record_bar))
        column.addLayout(middle, 1)
        centre = QWidget()
        centre.setLayout(column)
        self.setCentralWidget(centre)
        self.state_mark, self.state = StateMark(), Elided()
        self.state_mark.clicked.connect(self._acknowledge_losses)
        self.statusBar().addWidget(self.state_mark)
        self.statusBar().addWidget(self.state, 1)
        self.quality_state = plain(QLabel())
        self.statusBar().addPermanentWidget(self.quality_state)
        # A demo brings its own stream; nobody has to choose one.
        shown = self.remembered.flag("connect/shown", True) and not self.options.autostart
        self.connect_side.setVisible(shown)
        self.header.connect_button.setChecked(shown)
        self.header.connect_button.toggled.connect(self._show_connect)
        keys = {
            "Ctrl+L": self.header.log_button.toggle,
            "Ctrl+Shift+L": self._acknowledge_losses,
            "Ctrl+T": self._toggle_theme,
            "Ctrl+G": self.header.calibrate_button.click,
            "Ctrl+K": self.header.connect_button.toggle,
            "Ctrl+D": self.connect_panel.toggle,
            "Ctrl+Shift+S": self.connect_panel.try_simulator,
            "Ctrl+O": self.connect_panel.replay.click,
            "Ctrl+Shift+O": self.header.replay_button.click,
            engine_notice.KEY: pressing(self.notice.change),
            "Ctrl+Shift+R": pressing(self.record_bar.saved.open),
            "Ctrl+Shift+F": pressing(self.record_bar.saved.folder),
            "Ctrl+E": lambda: self.programs.toggle("engine"),
            "Ctrl+P": lambda: self.programs.toggle("replay"),
            "Ctrl+R": self.record_bar.toggle,
            "Ctrl+N": self.record_bar.write_note,
            "Ctrl+B": self.decision.toggle_ball,
            "Escape": self.banner.hide,
        }
        bind(self, keys | self.tabs.keys)

    def _connect_feed(self) -> None:
        options = self.options
        self.feed = Feed(
            options.engine_name, is_cue=self.engine.is_cue, stream_options=options.stream_options
        )
        self.feed.signal_found.connect(self._on_signal)
        self.feed.signal_alive.connect(self._on_signal_alive)
        self.feed.signal_silent.connect(self._on_signal_silent)
        self.feed.signal_stats.connect(self._on_signal_stats)
        self.feed.quality_came.connect(self._show_quality)
        self.feed.markers_came.connect(self.scope.add_markers)
        self.engine.follow(self.feed)
        self.engine.state_changed.connect(self._on_engine_state)
        self.feed.engine_there.connect(self._on_engine_there)
        self.feed.status_came.connect(self._on_status)
        self.feed.predictions_came.connect(
            lambda _: self.situation.on_sign_of_engine(local_clock())
        )
        self.feed.problem.connect(self._on_feed_problem)
        self.feed.show(options.signal, options.markers)

    def _connect_sources(self) -> None:
        options, remembered = self.options, self.remembered
        self.connecting = ConnectController(
            self.connect_panel, options.bci, remembered, options.recordings, options.follow_last
        )
        self.connecting.stream_wanted.connect(self.show_stream)
        self.recording = RecordController(
            self.record_bar, options.bci, options.recordings, options.recorded, remembered,
            lambda: tuple(stream.name for stream in self.connecting.streams),
        )  # fmt: skip
        self.record_bar.saved.open_wanted.connect(self.replay.bring_file)
        self.record_bar.saved.folder_wanted.connect(self._show_folder)
        self.recording.noted.connect(lambda marker: self.scope.add_markers([marker]))
        self.calibrating = CalibrationController(options, remembered, self.feed, self.programs)
        for view in (self.quality, self.calibrating):
            view.line_chosen.connect(self._choose_line)
        self._set_line(options.line_hz or known_line(remembered.number("line_hz", 0.0)))
        self.calibrating.cued.connect(lambda marker: self.feed.markers_came.emit([marker]))
        self.calibrating.reported.connect(self.log.add)
        self.calibrating.simulator_wanted.connect(self.connecting.use_simulator)
        self.calibrating.headset_wanted.connect(self._bring_connect)
        self.header.calibrate_button.clicked.connect(self.calibrating.open)
        self.programs.models_wanted.connect(self.calibrating.open_models)
        self.programs.logged.connect(self.log.add)
        self.programs.runs.connect(self._on_program)
        self.programs.problem.connect(self.show_problem)
        self.programs.well.connect(self.banner.settle)
        for model, subject in (
            (self.connecting, connecting.SUBJECT),
            (self.recording, recording.SUBJECT),
        ):
            model.logged.connect(self.log.add)
            model.problem.connect(lambda why, subject=subject: self.show_problem(why, subject))
            model.well.connect(lambda subject=subject: self.banner.settle(subject))

    def show_stream(self, query: StreamQuery, name: str) -> None:
        """Show another stream, with the markers that belong to it."""
        self.situation.show_other(str(query))
        self.programs.set_stream(name)
        self.banner.settle("signal")
        self._show_quality([])
        self.header.set_title(f"waiting for {name} ...")
        self._show_badge()
        # Those of a demo belong to the stream that it plays.
        markers = None if self.options.autostart else self.options.markers
        self.feed.show(query, markers or StreamQuery(type="Markers"))

    def _on_signal(self, found: SignalFound) -> None:
        info = found.info
        self.situation.stream_name, self.situation.signal_simulated = info.name, info.simulated
        self.situation.signal_replayed = info.replayed
        self.situation.samples, self.situation.hostname = 0, found.hostname
        self.programs.set_stream(info.name)
        self._losses = LossLog(info.name)
        short = self.header.set_title(info.name)
        what = " (simulated signal)" if info.simulated else " (replay)" if info.replayed else ""
        self.setWindowTitle(f"{short} - bci{what}")
        self._show_badge()
        self.tabs.set_signal(found)
        self.tabs.set_trouble("")
        self.quality.set_stream(info)
        self.connecting.set_shown(info.name)
        self.log.add(
            f"showing {info.name}: {counted(info.n_channels, 'channel')} at {info.sfreq:g} Hz"
        )

    def _on_signal_alive(self, alive: bool) -> None:
        name = self.situation.stream_name
        if alive:
            self.banner.settle("signal")
            self.situation.samples_at = local_clock()
        elif self._is_ending(name):
            self.log.add(f"{name} was disconnected")
        elif self.connecting.is_restarting(name):
            self.log.add(f"{name} is gone until its source has started again")
        else:
            self.show_problem(
                f"The stream {name} is gone. Is its program still running? "
                "It is shown again as soon as it is back.",
                "signal",
            )
        self._show_quality([])
        self.quality.set_live(alive)
        self.situation.signal_alive = alive
        self.tabs.set_trouble("" if alive else "signal lost: the picture stands still")
        if not alive:
            self._end_cue(local_clock())

    def _is_ending(self, name: str) -> bool:
        """Whether a stream goes because the user wanted it."""
        return self.connecting.is_ending(name) or self.programs.is_ending(name)

    def _on_signal_silent(self, since: float | None) -> None:
        """The stream is there and sends nothing, ``since`` so many seconds after 1970."""
        why = "" if since is None else no_samples_since(since)
        self.tabs.set_trouble(why)
        self.quality.set_silent(why)
        if since is not None:
            self._end_cue(local_clock() - (time() - since))

    def _end_cue(self, at: float) -> None:
        """The shown signal ends: so does its cue, but not that of another stream's decisions."""
        if not self.situation.decodes_other:
            self.engine.end_cue(at)

    def _choose_line(self, hz: float) -> None:
        """The power line has this frequency, here and at the next start."""
        self.remembered.keep("line_hz", hz)
        self._set_line(hz)

    def _set_line(self, hz: float) -> None:
        self.quality.set_line(hz)
        self.calibrating.set_line(hz)
        self.feed.set_line_hz(hz)

    def _on_feed_problem(self, why: str) -> None:
        """That a stream does not answer is no news while its source ends or starts again."""
        name = self.situation.stream_name
        if self._is_ending(name) or self.connecting.is_restarting(name):
            self.log.add(why)
        else:
            self.show_problem(why)

    def _on_signal_stats(self, stats: InletStats) -> None:
        self.situation.on_stats(stats)
        news = self._losses.news(stats)
        # The engine's own count is the one that is shown, and its losses are in the log already.
        if not (self.situation.is_decoded and self.programs.is_running("engine")):
            for sentence in news:
                self.log.add(sentence)

    def _acknowledge_losses(self) -> None:
        self.situation.acknowledge()
        self.log.add("the losses so far were acknowledged")

    def _show_quality(self, channels: list[ChannelQuality]) -> None:
        self.quality.set_quality(channels)
        self.tabs.set_quality(channels)
        self.quality_state.setText(summarise(channels) if channels else "")

    def _show_badge(self) -> None:
        self.header.show_badge(self.situation.simulated, self.situation.signal_replayed)

    def _on_status(self, status: EngineStatus) -> None:
        self.situation.on_status(status, local_clock())
        self.decision.show_doubt(self.situation.model_warning)

    def _on_engine_state(self, alive: bool, simulated: bool) -> None:
        self.situation.engine_alive, self.situation.engine_simulated = alive, simulated
        self._remember_engine()
        self.situation.on_sign_of_engine(local_clock())
        self._show_badge()

    def _on_engine_there(self, there: bool) -> None:
        if there:
            self._is_own_engine = self.programs.is_running("engine")
            self._is_started_anew = False
            self.situation.engine_lost = False
            self.banner.settle("lost engine")
            return
        own = self._is_own_engine
        # That the one before is gone may be noticed only when the next is starting.
        expected = self._is_started_anew or self.programs.was_stopped("engine")
        self.situation.engine_lost = not (own and expected)
        # Of a child it is told when its process ends, with what is done about it.
        if not own:
            self.show_problem(
                "The engine is gone: it was ended or it crashed. Start it again where it ran; "
                "its decisions are shown as soon as it is back.",
                "lost engine",
            )

    def _on_program(self, name: str, running: bool) -> None:
        if name == "engine":
            self.engine.set_starting(running)
            if running:
                self._is_started_anew = True
                self.situation.engine_lost = False

    def _show_folder(self, file: Path) -> None:
        folder = file.resolve().parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.show_problem(f"No program here opens folders. The recording is in {folder}.")

    def _remember_engine(self) -> None:
        """Keep the model that decodes for the next time, unless it is a demo's."""
        command = self.programs.command(ENGINE)
        runs = self.situation.engine_alive and self.programs.is_running(ENGINE)
        if runs and command is not None and not self.options.autostart:
            remember_engine(self.remembered, self.options.profile, command)

    def show_problem(self, sentence: str, subject: str = "") -> None:
        """A banner that says what is wrong and what to do; it stops nothing."""
        self.banner.tell(sentence, subject)
        self.log.add(sentence)

    def _advance(self) -> None:
        now = local_clock()
        self.tabs.advance()
        self.engine.advance(now)
        # Words need no more frames than are read.
        if now - self._told < _WORDS_S:
            return
        self._told = now
        self.situation.count_samples(self.tabs.samples_end, now)
        self.state.setText(self.situation.sentence(now, self.latency.median_ms))
        own = self.programs.is_running(ENGINE)
        mismatch = find_mismatch(self.situation, self.programs.command(ENGINE), own)
        self.notice.show_mismatch(mismatch)
        self.decision.show_source(mismatch.decoded if mismatch else "")
        self.state_mark.show_state(self.situation.state(now))

    def _show_connect(self, shown: bool) -> None:
        self.connect_side.setVisible(shown)
        self.remembered.keep("connect/shown", shown)
        if shown:
            self.connecting.look_again()

    def _bring_connect(self) -> None:
        """Show the devices, in front of what other windows are open."""
        self.header.connect_button.setChecked(True)
        self.raise_()
        self.activateWindow()
        self.connect_panel.devices.setFocus()

    def _follow_system_theme(self) -> None:
        if not self._theme_chosen:
            self._apply_theme(system_theme())

    def _toggle_theme(self) -> None:
        self._theme_chosen = True
        self._apply_theme(LIGHT if self.scope.theme is DARK else DARK)
        self.remembered.keep("theme", self.scope.theme.name)

    def _apply_theme(self, theme: Theme) -> None:
        self.setStyleSheet(theme.style_sheet())
        self.header.theme_button.setText("Light" if theme is DARK else "Dark")
        streams = self.connect_panel.streams
        for view in (*self.engine.views, self.quality, streams, self.state_mark):
            view.theme = theme
            view.update()
        self.tabs.set_theme(theme)
        self.replay.set_theme(theme)
        self.calibrating.set_theme(theme)

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
        self.remembered.keep("window", bytes(self.saveGeometry().toBase64().data()).decode())
        self.replay.stop()
        # All are asked first, then waited for together: closing takes less than a second.
        parts = (self.feed, self.tabs.analysis, self.connecting, self.recording.link)
        for part in (*parts, self.calibrating):
            part.retire()
        recorded = self.recording.status.streams if self.recording.status else ()
        # A source that is recorded goes on until nobody listens to it.
        left = self.connecting.connection.gives(recorded)
        for source in self.connecting.processes if left else ():
            source.leave()
        stop_all([*self.processes, *(() if left else self.connecting.processes)])
        threads = (
            self.feed, self.tabs.analysis, self.connecting, self.recording, self.calibrating,
        )  # fmt: skip
        for each in threads:
            each.stop(deadline.remainingTime() / 1000)
        event.accept()
