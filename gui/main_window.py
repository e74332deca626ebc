"""The dashboard's window: views side by side, fed by the streams, and the children's buttons."""

from pylsl import local_clock
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from bci.lsl.inlet import InletStats
from bci.lsl.predictions import ReceivedPrediction
from bci.types import Marker
from gui.banner import Banner
from gui.feed import Feed, SignalFound
from gui.latency import LatencyView
from gui.options import DashboardOptions
from gui.pieces import button, named, panel, plain
from gui.predictions import DecisionView, HistoryView
from gui.process import Child, stop_all
from gui.scope_panel import ScopePanel
from gui.theme import DARK, LIGHT, Theme

_FRAME_MS = 16
_STALE_S = 1.5
_LONGEST_TITLE = 60


class MainWindow(QMainWindow):
    """One calm window: what comes in, what is decided, how late, what was lost."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__()
        self.options = options
        self.setWindowTitle("bci")
        self.resize(1280, 760)
        self.scope_panel = ScopePanel()
        self.scope = self.scope_panel.scope
        self.decision = DecisionView(options.threshold)
        self.history = HistoryView()
        self.latency = LatencyView()
        self.processes = [Child(command, self) for command in options.commands]
        self._last_prediction = 0.0
        self._status: dict[str, object] = {}
        self._status_at = -float("inf")
        self._stats: InletStats | None = None
        self._samples_at = 0.0
        self._samples_seen = 0
        self._signal_simulated = self._engine_simulated = False
        self._theme_chosen = False
        self._stream_name = ""
        self._signal_alive = self._engine_alive = False
        self._build()
        self._apply_theme(_system_theme())
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system_theme)
        self._connect_feed()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._timer.start()
        if options.autostart:
            for child in self.processes:
                child.start()
        # Keys go to the scope from the start; Space must not press a button by accident.
        self.scope.setFocus()

    def _build(self) -> None:
        self.title = plain(named(QLabel("waiting for a stream ..."), "title"))
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(1000)
        self.log.setFixedHeight(100)
        self.log.hide()
        self.theme_button = button("Light", "Dark or light (Ctrl+T)")
        self.theme_button.clicked.connect(self._toggle_theme)
        self.log_button = button("Log", "What the programs say (Ctrl+L)")
        self.log_button.setCheckable(True)
        self.log_button.toggled.connect(self.log.setVisible)
        top = QHBoxLayout()
        top.addWidget(self.title)
        top.addWidget(self.badge)
        top.addStretch()
        self.buttons: dict[str, QPushButton] = {}
        for child in self.processes:
            self._add_child_button(child, top)
        top.addWidget(self.log_button)
        top.addWidget(self.theme_button)

        self.banner = Banner()
        self.banner_text = self.banner.text
        left = QVBoxLayout()
        left.addWidget(panel(self.scope_panel), 1)
        left.addWidget(panel(self.history))
        right = QVBoxLayout()
        right.addWidget(panel(self.decision))
        right.addWidget(panel(self.latency), 1)
        side = QWidget()
        side.setFixedWidth(360)
        side.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        middle = QHBoxLayout()
        middle.addLayout(left, 1)
        middle.addWidget(side)
        column = QVBoxLayout()
        column.addLayout(top)
        column.addWidget(self.banner)
        column.addLayout(middle, 1)
        column.addWidget(self.log)
        centre = QWidget()
        centre.setLayout(column)
        self.setCentralWidget(centre)
        self.state = plain(QLabel())
        self.statusBar().addWidget(self.state)
        QShortcut(QKeySequence("Ctrl+L"), self, self.log_button.toggle)
        QShortcut(QKeySequence("Ctrl+T"), self, self._toggle_theme)
        QShortcut(QKeySequence.StandardKey.Quit, self, self.close)

    def _add_child_button(self, child: Child, row: QHBoxLayout) -> None:
        name = child.command.name
        toggle = button(f"Start {name}", "")
        toggle.clicked.connect(lambda: child.stop() if child.is_running else child.start())
        child.running.connect(lambda on: self._on_child(name, on))
        child.said.connect(self._log)
        child.died.connect(
            lambda why: self.show_problem(f"{why}. Press Start {name} to run it again.", name)
        )
        self.buttons[name] = toggle
        row.addWidget(toggle)

    def _on_child(self, name: str, running: bool) -> None:
        self.buttons[name].setText(f"{'Stop' if running else 'Start'} {name}")
        if running:
            self.banner.settle(name)

    def _connect_feed(self) -> None:
        self.feed = Feed(self.options.signal, self.options.markers, self.options.engine_name)
        self.feed.signal_found.connect(self._on_signal)
        self.feed.signal_alive.connect(self._on_signal_alive)
        self.feed.signal_stats.connect(self._on_signal_stats)
        self.feed.markers_came.connect(self._on_markers)
        self.feed.engine_found.connect(self._on_engine)
        self.feed.engine_alive.connect(self._on_engine_alive)
        self.feed.predictions_came.connect(self._on_predictions)
        self.feed.status_came.connect(self._on_status)
        self.feed.problem.connect(self.show_problem)
        self.feed.start()

    def _on_signal(self, found: SignalFound) -> None:
        info = found.info
        self._stream_name = info.name
        short = info.name[:_LONGEST_TITLE] + ("..." * (len(info.name) > _LONGEST_TITLE))
        self.title.setText(short)
        self.setWindowTitle(f"{short} - bci" + (" (simulated signal)" * info.simulated))
        self._signal_simulated = info.simulated
        self._show_badge()
        self._samples_seen = 0
        self.scope.set_stream(info, found.ring)
        self._log(f"showing {info.name}: {info.n_channels} channels at {info.sfreq:g} Hz")

    def _on_signal_alive(self, alive: bool) -> None:
        if not alive:
            self.show_problem(
                f"The stream {self._stream_name} is gone. Is its program still running? "
                "It is shown again as soon as it is back.",
                "signal",
            )
        else:
            self.banner.settle("signal")
            self._samples_at = local_clock()
        self._signal_alive = alive
        self.scope.set_live(alive)

    def _on_signal_stats(self, stats: InletStats) -> None:
        self._stats = stats

    def _on_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        self.decision.set_classes(classes)
        self.history.set_classes(classes)
        self._engine_simulated = simulated
        self._show_badge()

    def _on_engine_alive(self, alive: bool) -> None:
        if not alive:
            self.decision.show_prediction(None)
            self._engine_simulated = False
            self._show_badge()
        self._engine_alive = alive

    def _show_badge(self) -> None:
        self.badge.setVisible(self._signal_simulated or self._engine_simulated)

    def _on_markers(self, markers: list[Marker]) -> None:
        self.scope.add_markers(markers)
        for marker in markers:
            cue = self.options.cue_labels.get(marker.label)
            self.history.add_cue(marker.time, cue)
            self.decision.show_cue(cue)

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._last_prediction = local_clock()
        self.decision.show_prediction(predictions[-1])
        self.history.add(predictions)
        self.latency.add(predictions)

    def _on_status(self, status: dict[str, object]) -> None:
        self._status, self._status_at = status, local_clock()
        self.latency.show_counts(status)

    def show_problem(self, sentence: str, subject: str = "") -> None:
        """A banner that says what is wrong and what to do; it stops nothing."""
        self.banner.tell(sentence, subject)
        self._log(sentence)

    def _log(self, sentence: str) -> None:
        self.log.appendPlainText(sentence)

    def _advance(self) -> None:
        now = local_clock()
        self.scope.advance()
        self.history.advance(now)
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self.decision.show_prediction(None)
        if self.scope.n_samples != self._samples_seen:
            self._samples_seen, self._samples_at = self.scope.n_samples, now
        self.state.setText(self._sentence(now))

    def _sentence(self, now: float) -> str:
        """What runs, on which stream, how late, and what was lost."""
        name, status = self._stream_name, self._status
        if not self._signal_alive:
            return f"{name}: no signal now" if name else f"no signal: {self.options.signal} awaited"
        if now - self._samples_at > _STALE_S:
            return f"{name} is there but sends no samples"
        # The engine's own count where one runs: that is what its windows suffered from.
        lost = status.get("lost_samples") if self._engine_alive else None
        if not isinstance(lost, int):
            lost = self._stats.lost_samples if self._stats else 0
        loss = f"{lost:,} samples lost" if lost else "no samples lost"
        if now - self._status_at < _STALE_S and status.get("state") == "waiting for stream":
            return f"{name} is shown, {loss}; the engine waits for its stream"
        if not self._engine_alive:
            return f"{name} is shown, {loss}; no engine is running"
        late = self.latency.median_ms
        lateness = "" if late is None else f", {late:.1f} ms late"
        return f"{name} is decoded by {status.get('model', 'an engine')}{lateness}, {loss}"

    def _follow_system_theme(self) -> None:
        if not self._theme_chosen:
            self._apply_theme(_system_theme())

    def _toggle_theme(self) -> None:
        self._theme_chosen = True
        self._apply_theme(LIGHT if self.scope.theme is DARK else DARK)

    def _apply_theme(self, theme: Theme) -> None:
        self.setStyleSheet(theme.style_sheet())
        self.theme_button.setText("Light" if theme is DARK else "Dark")
        for view in (self.decision, self.history, self.latency):
            view.theme = theme
            view.update()
        self.scope.set_theme(theme)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self._timer.stop()
        stop_all(self.processes)
        self.feed.stop()
        event.accept()


def _system_theme() -> Theme:
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK
