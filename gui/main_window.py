"""The dashboard's window: the signal in the middle, panels around it, and what joins them."""

import re

from pylsl import local_clock
from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QLayout, QMainWindow, QVBoxLayout, QWidget

from bci.quality.channel_quality import ChannelQuality
from bci.quality.words import summarise
from gui.actions import SCOPE, WindowActions, fill_menus
from gui.connect.header import Header
from gui.connect.panel import ConnectPanel
from gui.dashboard_actions import dashboard_actions
from gui.dashboard_links import DashboardLinks
from gui.decisions.engine_views import EngineViews
from gui.electrodes.quality_view import QualityView
from gui.electrodes.state_mark import StateMark
from gui.options import DashboardOptions
from gui.processes.engine_command import ENGINE
from gui.processes.engine_notice import EngineNotice, find_mismatch
from gui.record.bar import RecordBar
from gui.record.closing import confirm_closing
from gui.scope.keys import scope_commands
from gui.settings import DashboardSettings
from gui.signal_tabs import SignalTabs
from gui.theme import DARK, LIGHT, THEMES, Theme, system_theme
from gui.widgets.banner import Banner
from gui.widgets.command_palette import CommandPalette
from gui.widgets.docks import Area, Docks
from gui.widgets.labels import ElidedLabel, plain
from gui.widgets.log_panel import LogPanel
from gui.widgets.scroll_areas import scrolled
from gui.widgets.window_size import keep_within_screen, resize_within_screen

_FRAME_MS = 16
_WORDS_S = 0.1
_CONNECT_WIDTH, _RIGHT_WIDTH = 256, 330


class MainWindow(QMainWindow):
    """One calm window: the signal, its quality, the decisions, their latency and the losses."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__()
        self.options = options
        self.setWindowTitle("bci")
        self.remembered = DashboardSettings(options.settings)
        self.confirms_closing = False
        self._worded_at = 0.0
        self._make_views()
        self._make_links()
        self._make_docks()
        self.commands = dashboard_actions(self)
        self.scope_commands = WindowActions(self, SCOPE, scope_commands(self.scope))
        self.header = Header(self.commands, self.programs, self.situation)
        self.badge = self.header.badge
        self._lay_out()
        self._connect()
        self._restore()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._timer.start()
        if options.autostart:
            self.programs.start()
        # Keys go to the page from the start; Space must not press a button by accident.
        self.tabs.show_page(self.tabs.page)

    def _make_views(self) -> None:
        options, remembered = self.options, self.remembered
        task, self.tabs = options.task, SignalTabs(remembered)
        self.scope_panel, self.scope = self.tabs.scope_panel, self.tabs.scope
        self.engine = EngineViews(
            options.cue_of, options.threshold, remembered, options.images, options.words, task
        )
        self.decision, self.history = self.engine.decision, self.engine.history
        self.latency, self.quality = self.engine.latency, QualityView()
        self.connect_panel, self.log = ConnectPanel(), LogPanel()
        # The subject is the last one, the task the profile's, as a file may be named.
        filled = remembered.record or {"subject": "01"}
        self.record_bar = RecordBar(filled | {"task": re.sub("[^A-Za-z0-9]", "", task)})
        self.banner, self.notice = Banner(), EngineNotice()
        self.banner_text = self.banner.text
        self.state_mark, self.state = StateMark(), ElidedLabel()
        self.quality_state = plain(QLabel())

    def _make_links(self) -> None:
        links = self.links = DashboardLinks(self)
        self.situation, self.feed, self.signal = links.status, links.feed, links.signal
        self.programs, self.recording = links.programs, links.recording
        self.connecting, self.calibrating = links.connecting, links.calibrating
        self.replay = links.replay
        self.processes, self.buttons = self.programs.processes, self.programs.buttons

    def _make_docks(self) -> None:
        self.docks = Docks(self.tabs)
        left, right = Area.LeftDockWidgetArea, Area.RightDockWidgetArea
        bottom, add = Area.BottomDockWidgetArea, self.docks.add
        # A demo brings its own stream; nobody has to choose one.
        shown, connect = not self.options.autostart, scrolled(self.connect_panel)
        add("connect", "Connect", connect, left, _CONNECT_WIDTH, grows=True, shown=shown)
        add("record", "Record", self.record_bar, Area.TopDockWidgetArea)
        add("decision", "Decision", self.engine.decided, right, _RIGHT_WIDTH)
        add("quality", "Signal quality", self.quality, right, _RIGHT_WIDTH)
        add("latency", "Latency", self.latency, right, _RIGHT_WIDTH, grows=True)
        add("history", "History", self.engine.passed, bottom)
        add("log", "Log", self.log, bottom, grows=True, shown=False)

    def _lay_out(self) -> None:
        fill_menus(self.menuBar(), (self.commands, self.scope_commands))
        column = QVBoxLayout()
        column.setContentsMargins(8, 1, 8, 1)
        column.setSpacing(4)
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
        links, signal = self.links, self.signal
        links.logged.connect(self.log.add)
        links.problem.connect(self.show_problem)
        links.well.connect(self.banner.settle)
        self.header.follow(signal, links.engine_watch)
        signal.quality_changed.connect(self._on_quality)
        self.state_mark.clicked.connect(signal.acknowledge_losses)
        self.notice.decode_wanted.connect(self.programs.decode_shown)
        self.notice.show_wanted.connect(links.show_named)
        self.commands["panel-connect"].toggled.connect(self._on_connect_shown)
        self.calibrating.headset_wanted.connect(self._bring_connect)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system_theme)

    def _restore(self) -> None:
        """Take up the theme, sizes and places of the last time."""
        options, remembered = self.options, self.remembered
        resize_within_screen(self, QSize(1280, 720))
        self.restoreGeometry(QByteArray.fromBase64(remembered.geometry.encode()))
        keep_within_screen(self)
        if remembered.layout:
            self.docks.restore(remembered.layout)
        if options.autostart:
            self.docks["connect"].hide()
        theme = THEMES.get(remembered.theme)
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

    def show_problem(self, sentence: str, subject: str = "") -> None:
        """Show a banner that states what is wrong and what to do; it stops nothing."""
        self.banner.report(sentence, subject)
        self.log.add(sentence)

    def show_palette(self) -> None:
        """Offer all commands by name."""
        CommandPalette((self.commands, self.scope_commands), self).show()

    def toggle_theme(self) -> None:
        """Dark instead of light, or the other way round, from now on."""
        self._theme_chosen = True
        self._apply_theme(LIGHT if self.scope.theme is DARK else DARK)
        self.remembered.theme = self.scope.theme.name

    def _on_quality(self, channels: list[ChannelQuality]) -> None:
        self.quality_state.setText(summarise(channels) if channels else "")

    def _on_connect_shown(self, shown: bool) -> None:
        if shown and self.isVisible():
            self.connecting.look_again()

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
        self.state.setText(self.situation.sentence(now, self.latency.figures.median_ms))
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
        self.header.buttons["theme"].setText("Light" if theme is DARK else "Dark")
        for view in (*self.engine.views, self.quality, self.state_mark):
            view.theme = theme
            view.update()
        for part in (self.tabs, self.replay, self.calibrating):
            part.set_theme(theme)

    def _close_now(self) -> None:
        self.confirms_closing = False
        self.close()

    def _end_and_close(self) -> None:
        """Close once the file of the recording is complete."""
        self.recording.saved.connect(lambda _: self._close_now())
        self.recording.end()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.confirms_closing and self.recording.status is not None:
            event.ignore()
            confirm_closing(self, self.recording.status, self._close_now, self._end_and_close)
            return
        self._timer.stop()
        self.remembered.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.remembered.layout = self.docks.layout_text
        self.links.stop()
        event.accept()
