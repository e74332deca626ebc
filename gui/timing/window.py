"""The window of the timing lab: choice of a sensor, measurement and delays."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QWidget

from bci.lsl.live_streams import LiveStreams
from bci.signals import Channel
from bci.stimulus.flashes import Flashes
from bci.stimulus.profile_lines import profile_lines
from bci.stimulus.sensor import SensorChoice, channels_of, kind_of
from bci.stimulus.timing_report import TimingReport
from gui.actions import TIMING, WindowActions, tip_of
from gui.timing.delay_histogram import DelayHistogram
from gui.timing.measurement import TimingMeasurement
from gui.widgets.banner import Banner
from gui.widgets.buttons import button
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import ElidedLabel, Sentence
from gui.widgets.layouts import as_widget, clear, column_of, form, inset, named, panel, row_of
from gui.widgets.themed import Themed
from gui.widgets.window_size import resize_within_screen
from gui.workers.background import Background

_LOOK_MS = 500
_SIDE_WIDTH = 330
_KINDS = (("light", "Light"), ("sound", "Sound"), ("trigger", "Trigger line"))
_PLACE = "Put the photodiode on the white square, then press Space there."
_NO_STREAM = "No stream with a sensor is on the network."
_ENDED = "The measurement was ended; nothing was measured."


class TimingWindow(Themed, QWidget):
    """The window that measures the delay from markers to light, sound or trigger.

    Parameters
    ----------
    today : callable
        Returns the date to write with a measurement.
    """

    def __init__(self, today: Callable[[], date] = date.today) -> None:
        super().__init__()
        self.setWindowTitle("Timing lab - bci")
        resize_within_screen(self, QSize(980, 620))
        self._today = today
        self._channels: tuple[Channel, ...] = ()
        self._asked = ""
        self.report: TimingReport | None = None
        self.measurement: TimingMeasurement | None = None
        self.full_screen = True
        self.watches = True  # whether to search the network for streams
        self.make_flashes = Flashes
        self._streams: LiveStreams | None = None
        self._asking = Background(self)
        self._make_fields()
        self.histogram, self.banner = DelayHistogram(), Banner()
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        self.state = named(Sentence(_NO_STREAM), "dim")
        self.notes = Sentence()
        self.lines = named(ElidedLabel(), "dim")
        self.figures = QGridLayout()
        self.figures.setHorizontalSpacing(18)
        self.start_button = button("Measure", tip_of("timing-start"), self.toggle, "go")
        self.copy_button = button(
            "Copy the lines for the profile", tip_of("timing-copy"), self.copy
        )
        self.copy_button.setEnabled(False)
        self._lay_out()
        WindowActions(
            self,
            TIMING,
            {"timing-start": self.toggle, "timing-copy": self.copy, "timing-close": self.close},
        )
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def _make_fields(self) -> None:
        self.stream, self.channel = ComboBox(), ComboBox()
        self.kind, self.screen_field = ComboBox(), ComboBox()
        self.flashes = QSpinBox(minimum=20, maximum=1000, value=100, singleStep=20)
        self.stream.setAccessibleName("Stream of the sensor")
        self.channel.setAccessibleName("Channel of the sensor")
        self.screen_field.setAccessibleName("Monitor")
        for key, text in _KINDS:
            self.kind.addItem(text, key)
        for screen in QGuiApplication.screens():
            self.screen_field.addItem(screen.name() or "screen", screen)
        self.stream.currentTextChanged.connect(self._ask_for_channels)
        self.channel.currentIndexChanged.connect(self._guess_kind)

    def _lay_out(self) -> None:
        title = named(QLabel("Timing lab"), "title")
        about = named(Sentence("The delay from a marker to the light on the screen."), "dim")
        fields = form(
            ("Stream", self.stream),
            ("Channel", self.channel),
            ("Measures", self.kind),
            ("Monitor", self.screen_field),
            ("Flashes", self.flashes),
        )
        chosen = inset(fields)
        chosen.setFixedWidth(_SIDE_WIDTH)
        side = column_of(chosen, 6, self.start_button, 6, self.state, None)
        copied = row_of(self.copy_button, (self.lines, 1), spacing=12)
        table = inset(column_of(as_widget(self.figures), self.notes, copied, spacing=8))
        results = column_of((panel(self.histogram), 1), table)
        header = row_of(title, self.badge, (about, 1), spacing=12)
        middle = row_of(side, (results, 1), spacing=9)
        self.setLayout(column_of(header, self.banner, (middle, 1), margins=(9, 7, 9, 9)))
        self._show_figures([])

    def bring(self) -> None:
        """Show the window in front of all others."""
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def choice(self) -> SensorChoice | None:
        """The chosen stream and channel; None if none is chosen."""
        stream, channel = self.stream.currentText(), self.channel.currentText()
        return SensorChoice(stream, channel) if stream and channel else None

    def toggle(self) -> None:
        """Begin a measurement, or stop the current one without a result."""
        if self.measurement is not None:
            self.measurement.stop()
            return
        choice, screen = self.choice, self.screen_field.currentData()
        if choice is None or screen is None:
            self.banner.report(_NO_STREAM, "sensor")
            return
        self.banner.settle("sensor")
        kind = self.kind.currentData()
        flashes = self.make_flashes(self.flashes.value())
        made = TimingMeasurement(choice, screen, flashes, kind, parent=self)
        self.measurement = made
        made.changed.connect(self.state.setText)
        made.flashed.connect(lambda n, of: self.state.setText(f"{n} of {of} flashes"))
        made.finished.connect(self.show_report)
        made.failed.connect(lambda sentence: self.banner.report(sentence, "sensor"))
        made.stopped.connect(lambda: self.state.setText(_ENDED))
        for ended in (made.finished, made.failed, made.stopped):
            ended.connect(self._on_ended)
        self.start_button.setText("Stop")
        made.start(self.full_screen)

    def show_report(self, report: TimingReport) -> None:
        """Show the delays, figures and profile lines of a measurement."""
        self.report = report
        self.histogram.show_delays(report.delays.delays)
        self._show_figures(report.rows())
        self.badge.setVisible(report.simulated)
        self.notes.setText(" ".join(f"{_sentence(each)}" for each in report.warnings()))
        self.lines.setText(profile_lines(report.stimulus(self._today())))
        self.copy_button.setEnabled(True)
        self.state.setText(f"measured {report.screen} by {report.sensor}")

    def copy(self) -> None:
        """Copy the lines for the profile to the clipboard."""
        if self.report is not None:
            QGuiApplication.clipboard().setText(self.lines.text() + "\n")
            self.state.setText("The lines are copied; calibrate again with them in the profile.")

    def _show_figures(self, rows: list[tuple[str, str]]) -> None:
        clear(self.figures)
        for row, (name, figures) in enumerate(rows):
            self.figures.addWidget(named(QLabel(name), "dim"), row, 0)
            self.figures.addWidget(Sentence(figures), row, 1)
        self.figures.setColumnStretch(1, 1)

    def _on_ended(self) -> None:
        self.start_button.setText("Measure")
        if self.measurement is not None:
            self.measurement.deleteLater()
            self.measurement = None

    def _look(self) -> None:
        """Update the list of streams; the chosen stream stays chosen."""
        if self._streams is None:
            self._streams = LiveStreams()
        names = list(dict.fromkeys(s.name for s in self._streams.poll() if s.sfreq > 0))
        chosen = self.stream.currentText()
        if names == [self.stream.itemText(k) for k in range(self.stream.count())]:
            return
        self.stream.blockSignals(True)
        self.stream.clear()
        self.stream.addItems(names)
        self.stream.setCurrentText(chosen if chosen in names else "")
        if chosen not in names and names:
            self.stream.setCurrentIndex(0)
        self.stream.blockSignals(False)
        if self.measurement is None:
            self.state.setText(_PLACE if names else _NO_STREAM)
        if self.stream.currentText() != chosen or not self._channels:
            self._ask_for_channels(self.stream.currentText())

    def _ask_for_channels(self, stream: str) -> None:
        self._channels = ()
        self.channel.clear()
        if stream:
            self._asking.run(lambda: channels_of(stream), self._show_channels, self._on_no_answer)

    def _on_no_answer(self, sentence: str) -> None:
        self.banner.report(sentence, "sensor")

    def _show_channels(self, channels: tuple[Channel, ...]) -> None:
        self._channels = channels
        self.channel.clear()
        self.channel.addItems([channel.name for channel in channels])
        likely = [k for k, each in enumerate(channels) if _is_likely(each)]
        self.channel.setCurrentIndex(likely[0] if likely else len(channels) - 1)
        self._guess_kind()

    def _guess_kind(self) -> None:
        row = self.channel.currentIndex()
        if 0 <= row < len(self._channels):
            kinds = [key for key, _ in _KINDS]
            self.kind.setCurrentIndex(kinds.index(kind_of(self._channels[row])))

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet(calibration=True))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if self.watches:
            self._look()
            self._timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self.stop()
        event.accept()

    def stop(self) -> None:
        """Stop the measurement and the search for streams."""
        self._timer.stop()
        self._streams = None
        self._asking.retire()
        self._asking = Background(self)
        if self.measurement is not None:
            self.measurement.stop()


def _is_likely(channel: Channel) -> bool:
    """Return whether a channel is more likely a sensor than an electrode."""
    words = ("diode", "photo", "light", "audio", "mic", "sound")
    named_so = any(word in channel.name.casefold() for word in words)
    return named_so or channel.kind in ("stim", "misc")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
