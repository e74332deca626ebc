"""The card of one person: signal, decision, latency, losses and clock."""

from pylsl import local_clock
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from bci.decisions import DecisionEvent
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from bci.quality.channel_quality import ChannelQuality, State
from gui.decisions.class_bars import ClassBars
from gui.decisions.headline import set_style
from gui.electrodes.state_mark import StateMark
from gui.people.trace_strip import TraceStrip, worst
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import column_of, named, panel, row_of
from gui.widgets.themed import Themed
from gui.workers.stream_feed import Feed
from gui.workers.stream_readers import SignalFound

_STALE_S = 1.5
_NAMES_PX = 64
_WAITING = "no engine of this name yet"
_ROWS = ("Signal", "Latency", "Lost", "Clock", "Drift")


class CompactBars(ClassBars):
    """The bars of a decision without the foot line, since cues are not read here."""

    def __init__(self) -> None:
        super().__init__()
        self.bars.plotItem.getAxis("left").setWidth(_NAMES_PX)
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        super().set_engine(alive)
        for part in (self.foot, self.beside_foot, self._toggle):
            part.hide()
        self.fit_height()


class PersonCard(Themed, QWidget):
    """The card of the engine ``name``.

    It shows predictions as a dashboard does; the engine alone decides.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.status: EngineStatus | None = None
        self._stream: tuple[str, str] | None = None
        self._feed: Feed | None = None
        self._last_prediction = 0.0
        self._quality = State.NOT_JUDGED
        self.mark, self.strip, self.decision = StateMark(), TraceStrip(), CompactBars()
        self.decision.hint = _WAITING
        self.title, self.source = named(ElidedLabel(name), "title"), named(ElidedLabel(), "dim")
        self.is_simulated = False
        self.simulated = named(QLabel("simulated"), "alarm")
        self.simulated.hide()
        self.figures = {row: ElidedLabel("-") for row in _ROWS}
        self._lay_out()
        self._show_state()

    def _lay_out(self) -> None:
        self.mark.setToolTip("")
        for label in (self.title, self.source, *self.figures.values()):
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        for k, (row, value) in enumerate(self.figures.items()):
            grid.addWidget(named(QLabel(row), "dim"), k, 0)
            grid.addWidget(value, k, 1)
        grid.setColumnStretch(1, 1)
        grid.setContentsMargins(14, 2, 14, 10)
        head = row_of(self.mark, (self.title, 1), self.simulated, margins=(10, 8, 14, 0))
        source = row_of(self.source, margins=(14, 0, 14, 0))
        content = named(QWidget(), "plain")
        content.setLayout(column_of(head, source, self.strip, self.decision, None, grid, spacing=4))
        self.setLayout(column_of(panel(content)))

    def follow(self) -> None:
        """Begin to read the engine's streams, and its signal when a status names it."""
        feed = Feed(self.name)
        feed.setParent(self)
        self._feed = feed
        feed.engine_found.connect(self.show_engine)
        feed.engine_alive.connect(self._on_alive)
        feed.engine_there.connect(self._on_there)
        feed.predictions_came.connect(self.show_predictions)
        feed.decisions_came.connect(self.show_decisions)
        feed.status_came.connect(self.show_status)
        feed.signal_found.connect(self.show_signal)
        feed.quality_came.connect(self.show_quality)

    def retire(self) -> None:
        """Request the end of the reading threads; returns at once."""
        if self._feed is not None:
            self._feed.retire()

    def advance(self) -> None:
        """Draw new data, and clear an outdated prediction."""
        now = local_clock()
        self.decision.rule.now = now
        if self.decision.live and now - self._last_prediction > _STALE_S:
            self.decision.show_prediction(None)
        self.strip.update()

    def apply_theme(self) -> None:
        self._show_state()

    def show_engine(self, classes: tuple[str, ...], simulated: bool) -> None:
        """Set the class names of the engine that was found."""
        self.decision.rule.since = None
        self.decision.set_classes(classes)
        self.is_simulated = simulated
        self.simulated.setVisible(simulated)
        self.changed.emit()

    def show_signal(self, found: SignalFound) -> None:
        """Draw the signal that was found."""
        self.strip.set_stream(found.info, found.ring)

    def show_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        self._last_prediction = local_clock()
        self.decision.show_prediction(predictions[-1])

    def show_decisions(self, decisions: list[DecisionEvent]) -> None:
        self.decision.rule.since = decisions[-1].time
        self.decision.refresh()

    def show_quality(self, quality: list[ChannelQuality]) -> None:
        """Show the number of good channels among those whose quality is known."""
        judged = [each for each in quality if each.state != State.NOT_JUDGED]
        good = sum(each.state == State.GOOD for each in judged)
        text = f"{good} of {len(judged)} good" if judged else "not judged"
        self._quality = worst([each.state for each in quality])
        self.figures["Signal"].setText(text)
        self._show_state()

    def show_status(self, status: EngineStatus) -> None:
        """Show an engine's figures, and read the stream that it decodes."""
        self.status = status
        if self.decision.rule.follow(status):
            self.decision.refresh()
        named_by = (status.stream or "", status.source_id)
        self._follow_stream(*named_by)
        self.source.setText(" · ".join(part for part in named_by if part))
        self.figures["Latency"].setText(latency_words(status))
        self.figures["Lost"].setText(f"{status.lost_samples:,} of {status.samples:,}")
        self.figures["Clock"].setText(clock_words(status))
        self.figures["Drift"].setText(drift_words(status))
        self._show_state()
        self.changed.emit()

    def _follow_stream(self, stream: str, source_id: str) -> None:
        if not stream or self._stream == (stream, source_id):
            return
        self._stream = stream, source_id
        if self._feed is not None:
            self._feed.show(StreamQuery(name=stream, source_id=source_id or None), None)

    def _on_alive(self, alive: bool) -> None:
        self.decision.set_engine(alive)
        if not alive:
            self.decision.show_prediction(None)

    def _on_there(self, there: bool) -> None:
        if not there:
            self.status = None
            self._show_state()
            self.changed.emit()

    def _show_state(self) -> None:
        status = self.status
        if status is None:
            state, words = State.BAD, "no engine"
        elif status.state != "running":
            state, words = State.BAD, status.state
        else:
            state, words = self._quality, ""
        self.mark.show_state(state)
        self.mark.setToolTip(words)
        if words:
            self.figures["Signal"].setText(words)
        alarm = f"color: {self.theme.warning}; font-weight: 700;"
        set_style(self.figures["Signal"], alarm if words else f"color: {self.theme.text};")


def latency_words(status: EngineStatus) -> str:
    """Return median and 99th percentile of latency in words; ``-`` if unknown."""
    if status.latency_p50_ms is None or status.latency_p99_ms is None:
        return "-"
    return f"{status.latency_p50_ms:.1f} ms, p99 {status.latency_p99_ms:.1f} ms"


def clock_words(status: EngineStatus) -> str:
    """Return offset and error bound of the stream's clock in words; ``-`` if unknown."""
    if status.clock_offset_s is None or status.clock_error_s is None:
        return "-"
    offset = _signed(1000 * status.clock_offset_s, ",.1f")
    return f"{offset} ± {1000 * status.clock_error_s:.2f} ms"


def drift_words(status: EngineStatus) -> str:
    """Return the drift of the stream's clock in ppm as text; ``-`` if still unknown."""
    if status.clock_drift_ppm is None:
        return "-"
    return f"{_signed(status.clock_drift_ppm, '.0f')} ppm"


def _signed(value: float, form: str) -> str:
    # A minus sign as wide as a digit, in place of the hyphen.
    return format(value, f"+{form}").replace("-", "\u2212")
