"""The dashboard's window: the signal in the middle, and panels around it."""

import re

from pylsl import local_clock
from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QLayout, QMainWindow, QWidget

from bci.quality.channel_quality import ChannelQuality
from bci.quality.words import summarise
from gui.actions import DISPLAY, SCOPE, WindowActions, fill_menus
from gui.bridges.panel import BridgesPanel
from gui.connect.header import Header
from gui.connect.panel import ConnectPanel
from gui.dashboard_actions import dashboard_actions
from gui.dashboard_links import DashboardLinks
from gui.decisions.engine_views import EngineViews
from gui.electrodes.quality_view import QualityView
from gui.electrodes.state_mark import StateMark
from gui.feedback.controller import FEEDBACK_TASK
from gui.options import DashboardOptions
from gui.plots.plot import Plot
from gui.presenter.stimulus_window import is_presenting
from gui.processes.engine_command import ENGINE
from gui.processes.engine_notice import EngineNotice, find_mismatch
from gui.record.bar import RecordBar
from gui.record.closing import confirm_closing
from gui.replay.window import ReplayWindow
from gui.scope.keys import scope_commands
from gui.settings import DashboardSettings
from gui.signal_tabs import SignalTabs
from gui.theme import DARK, LIGHT, THEMES, system_theme
from gui.widgets.banner import Banner
from gui.widgets.command_palette import CommandPalette
from gui.widgets.docks import Area, Docks
from gui.widgets.labels import ElidedLabel, plain
from gui.widgets.layouts import column_of
from gui.widgets.log_panel import LogPanel
from gui.widgets.scroll_areas import scrolled
from gui.widgets.themed import Themed
from gui.widgets.window_size import keep_within_screen, resize_within_screen

_FRAME_MS = 16
_WORDS_S = 0.1
# Least seconds between two drawings of the dashboard while stimuli are shown. Drawing it takes
# longer than one frame of the stimuli, which come first.
_PRESENTING_S = 0.5
_CONNECT_WIDTH, _RIGHT_WIDTH = 256, 330


class MainWindow(Themed, QMainWindow):
    """The main window: signal, signal quality, decisions, latency and lost samples."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__()
        self.options = options
        self.setWindowTitle("bci")
        self.remembered = DashboardSettings(options.settings)
        self.confirms_closing = False
        self._hidden_here: list[str] = []
        self._worded_at = self._advanced_at = 0.0
        self._make_views()
        self._make_links()
        self._make_docks()
        self.commands = dashboard_actions(self)
        self.scope_commands = WindowActions(self, SCOPE, scope_commands(self.scope))
        shown = self.scope_panel.shown.commands
        display = WindowActions(self, DISPLAY, shown.callbacks, shown.reasons)
        self.command_groups = self.commands, self.scope_commands, display
        self.header = Header(self.commands, self.programs, self.situation)
        self.badge = self.header.badge
        self._lay_out()
        self._connect()
        self._restore()
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._timer.start()
        if options.autostart:
            self.programs.start()
            if options.task == FEEDBACK_TASK:
                self._show_feedback()
        # The page has the keyboard focus from the start, so that Space presses no button.
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
        self.bridges = BridgesPanel()
        # The subject of the last start, and the profile's task in letters that file names allow.
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
        self.processes, self.buttons = self.programs.processes, self.programs.buttons
        history = self.history
        if isinstance(history, Plot):
            self.tabs.spectrum_made.connect(lambda page: history.link_across(page.spectrogram))

    @property
    def replay(self) -> ReplayWindow:
        return self.links.replay

    def _make_docks(self) -> None:
        self.docks = Docks(self.tabs)
        left, right = Area.LeftDockWidgetArea, Area.RightDockWidgetArea
        bottom, add = Area.BottomDockWidgetArea, self.docks.add
        connect, bridges = scrolled(self.connect_panel), scrolled(self.bridges)
        add("connect", "Connect", connect, left, _CONNECT_WIDTH, grows=True)
        add("bridges", "Bridges", bridges, left, _CONNECT_WIDTH, grows=True, shown=False)
        add("record", "Record", self.record_bar, Area.TopDockWidgetArea)
        add("decision", "Decision", self.engine.decided, right, _RIGHT_WIDTH)
        add("quality", "Signal quality", self.quality, right, _RIGHT_WIDTH)
        add("latency", "Latency", self.latency, right, _RIGHT_WIDTH, grows=True)
        add("history", "History", self.engine.passed, bottom)
        add("log", "Log", self.log, bottom, grows=True, shown=False)

    def _lay_out(self) -> None:
        fill_menus(self.menuBar(), self.command_groups)
        room = scrolled(self.docks)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        parts = self.header, self.banner, self.notice, (room, 1)
        centre = QWidget()
        centre.setLayout(column_of(*parts, margins=(8, 1, 8, 1), spacing=4))
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
        """Restore the theme, sizes and places of the last start."""
        options, remembered = self.options, self.remembered
        resize_within_screen(self, QSize(1280, 720))
        self.restoreGeometry(QByteArray.fromBase64(remembered.geometry.encode()))
        keep_within_screen(self)
        if remembered.layout:
            self.docks.restore(remembered.layout)
        if options.autostart:
            # A demo has its own stream, so there is none to choose.
            self._hide_here("connect")
        theme = THEMES.get(remembered.theme)
        self._theme_chosen = theme is not None
        self.theme = theme or system_theme()
        # The sizes of hidden widgets were computed before the style was set.
        for layout in self.findChildren(QLayout):
            layout.invalidate()
        if remembered.set_aside is not None:
            self.show_problem(
                "Your settings could not be read: defaults are used. "
                f"The old file is {remembered.set_aside}."
            )

    def show_problem(self, sentence: str, subject: str = "") -> None:
        """Show ``sentence`` in a banner and in the log; the dashboard continues.

        ``subject`` is the part that has the problem; `Banner.settle` hides the banner by it.
        """
        self.banner.report(sentence, subject)
        self.log.add(sentence)

    def _show_feedback(self) -> None:
        """Open the neurofeedback window; hide the panels that it does not use."""
        self._hide_here("history", "latency")
        QTimer.singleShot(0, self, self.links.feedback.open)

    def _hide_here(self, *panels: str) -> None:
        """Hide panels for this run of the dashboard; the next start shows them again."""
        for panel in panels:
            if not self.docks[panel].isHidden():
                self.docks[panel].hide()
                self._hidden_here.append(panel)

    def show_palette(self) -> None:
        """Show a list of all commands, to be found by name."""
        CommandPalette(self.command_groups, self).show()

    def toggle_theme(self) -> None:
        """Switch between the dark and the light theme, and remember the choice."""
        self._theme_chosen = True
        self.theme = LIGHT if self.theme is DARK else DARK
        self.remembered.theme = self.theme.name

    def _on_quality(self, channels: list[ChannelQuality]) -> None:
        self.quality_state.setText(summarise(channels) if channels else "")

    def _on_connect_shown(self, shown: bool) -> None:
        if shown and self.isVisible():
            self.connecting.look_again()

    def _bring_connect(self) -> None:
        """Show the panel of devices, with this window in front of all others."""
        self.docks["connect"].show()
        self.raise_()
        self.activateWindow()
        self.connect_panel.devices.setFocus()

    def _advance(self) -> None:
        now = local_clock()
        if is_presenting() and now - self._advanced_at < _PRESENTING_S:
            return
        self._advanced_at = now
        self.tabs.advance()
        self.engine.advance(now)
        # Texts change at most ten times a second; nobody reads faster.
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
            self.theme = system_theme()

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet())
        self.header.buttons["theme"].setText("Light" if self.theme is DARK else "Dark")
        self.links.set_theme(self.theme)

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
        for panel in self._hidden_here:
            self.docks[panel].show()
        self.remembered.layout = self.docks.layout_text
        self.links.stop()
        event.accept()
