"""The dashboard's window: views side by side, fed by the streams, and the children's buttons."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pylsl import local_clock
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from bci.lsl.discovery import StreamQuery
from bci.lsl.predictions import ReceivedPrediction
from bci.types import Marker
from gui.feed import Feed, SignalFound
from gui.latency import LatencyView
from gui.predictions import DecisionView, HistoryView
from gui.process import Child, Command
from gui.scope import Scope
from gui.theme import DARK, LIGHT, Theme

W = TypeVar("W", bound=QWidget)

_FRAME_MS = 16
_STALE_S = 1.5


@dataclass(frozen=True)
class DashboardOptions:
    """What the dashboard shows and which children it may start.

    ``cue_labels`` maps a marker's label to the class that it asks for; every other marker ends
    the cue. With ``screenshot`` the window is saved after ``screenshot_after_s`` and closed.
    """

    signal: StreamQuery
    markers: StreamQuery | None
    engine_name: str
    cue_labels: dict[str, str]
    commands: tuple[Command, ...] = ()
    autostart: bool = False
    threshold: float = 0.7
    screenshot: Path | None = None
    screenshot_after_s: float = 10.0


class MainWindow(QMainWindow):
    """One calm window: what comes in, what is decided, how late, what was lost."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__()
        self.options = options
        self.setWindowTitle("bci")
        self.resize(1280, 760)
        self.scope = Scope()
        self.decision = DecisionView(options.threshold)
        self.history = HistoryView()
        self.latency = LatencyView()
        self.processes = [Child(command, self) for command in options.commands]
        self._last_prediction = 0.0
        self._status: dict[str, object] = {}
        self._stream_name = ""
        self._signal_alive = self._engine_alive = False
        self._build()
        self._apply_theme(_system_theme())
        self._connect_feed()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._timer.start()
        if options.autostart:
            for child in self.processes:
                child.start()

    def _build(self) -> None:
        self.title = _named(QLabel("waiting for a stream ..."), "title")
        self.badge = _named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(1000)
        self.log.setFixedHeight(130)
        self.log.hide()
        self.theme_button = QPushButton("Light")
        self.theme_button.clicked.connect(self._toggle_theme)
        self.log_button = QPushButton("Log")
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

        self.banner = _named(QFrame(), "banner")
        self.banner.hide()
        self.banner_text = QLabel()
        self.banner_text.setWordWrap(True)
        dismiss = QPushButton("Dismiss")
        dismiss.clicked.connect(self.banner.hide)
        banner_row = QHBoxLayout(self.banner)
        banner_row.addWidget(self.banner_text, 1)
        banner_row.addWidget(dismiss)

        left = QVBoxLayout()
        left.addWidget(_panel(self.scope), 1)
        left.addWidget(_panel(self.history))
        right = QVBoxLayout()
        right.addWidget(_panel(self.decision))
        right.addWidget(_panel(self.latency), 1)
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
        self.state = QLabel()
        self.statusBar().addWidget(self.state)
        QShortcut(QKeySequence("Ctrl+L"), self, self.log_button.toggle)
        QShortcut(QKeySequence("Ctrl+T"), self, self._toggle_theme)
        QShortcut(QKeySequence.StandardKey.Quit, self, self.close)

    def _add_child_button(self, child: Child, row: QHBoxLayout) -> None:
        button = QPushButton(f"Start {child.command.name}")
        button.clicked.connect(lambda: child.stop() if child.is_running else child.start())
        child.running.connect(
            lambda on: button.setText(f"{'Stop' if on else 'Start'} {child.command.name}")
        )
        child.said.connect(self._log)
        child.died.connect(lambda why: self.show_problem(f"{why}. Press Start to run it again."))
        self.buttons[child.command.name] = button
        row.addWidget(button)

    def _connect_feed(self) -> None:
        self.feed = Feed(self.options.signal, self.options.markers, self.options.engine_name)
        self.feed.signal_found.connect(self._on_signal)
        self.feed.signal_alive.connect(self._on_signal_alive)
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
        self.title.setText(info.name)
        self.setWindowTitle(f"{info.name} - bci" + (" (simulated signal)" * info.simulated))
        self.badge.setVisible(info.simulated)
        self.scope.set_stream(info, found.ring)
        self._log(f"showing {info.name}: {info.n_channels} channels at {info.sfreq:g} Hz")

    def _on_signal_alive(self, alive: bool) -> None:
        if not alive:
            self.show_problem(
                f"The stream {self._stream_name} is gone. Is its program still running? "
                "It is shown again as soon as it is back."
            )
        elif self._stream_name:
            self.banner.hide()
        self._signal_alive = alive

    def _on_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        self.decision.set_classes(classes)
        self.history.set_classes(classes)
        if simulated:
            self.badge.show()

    def _on_engine_alive(self, alive: bool) -> None:
        if not alive:
            self.decision.show_prediction(None)
        self._engine_alive = alive

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
        self._status = status
        self.latency.show_counts(status)

    def show_problem(self, sentence: str) -> None:
        """A banner that says what is wrong and what to do; it stops nothing."""
        self.banner_text.setText(sentence)
        self.banner.show()
        self._log(sentence)

    def _log(self, sentence: str) -> None:
        self.log.appendPlainText(sentence)

    def _advance(self) -> None:
        now = local_clock()
        self.scope.advance()
        self.history.advance(now)
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self.decision.show_prediction(None)
        self.state.setText(self._sentence())

    def _sentence(self) -> str:
        if not self._signal_alive:
            return "no signal" if not self._stream_name else f"{self._stream_name}: no signal now"
        if not self._engine_alive:
            return f"{self._stream_name} is shown; no engine is running"
        status = self._status
        late, lost = status.get("latency_p50_ms"), status.get("lost_samples", 0)
        lateness = f", {late:.1f} ms late" if isinstance(late, float) else ""
        return (
            f"{self._stream_name} is decoded by {status.get('model', 'an engine')}{lateness}, "
            f"{lost or 'no'} samples lost"
        )

    def _toggle_theme(self) -> None:
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
        for child in self.processes:
            child.stop()
        self.feed.stop()
        event.accept()


def _named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget


def _panel(view: QWidget) -> QFrame:
    frame = _named(QFrame(), "panel")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(1, 1, 1, 1)
    layout.addWidget(view)
    return frame


def _system_theme() -> Theme:
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK
