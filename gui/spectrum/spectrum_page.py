"""The spectrum above the spectrogram, and the list of channels to choose from."""

from math import isfinite

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bci.quality.spectra import LIMITS_HZ
from gui.connect.device_form import mark_wrong
from gui.spectrum.analysis import SpectrumSeen
from gui.spectrum.spectrogram_view import SpectrogramView
from gui.spectrum.spectrum_view import SpectrumView
from gui.theme import Theme
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import plain
from gui.widgets.layouts import named

_OVER = "mean of the last 6 s"


class SpectrumPage(QWidget):
    """Shows what it is given; which channel is wanted comes out as a signal."""

    channel_chosen = Signal(int)
    limit_chosen = Signal(float)  # the highest frequency, in hertz; infinite: half the rate

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view, self.spectrogram = SpectrumView(), SpectrogramView()
        self.setFocusProxy(self.view)
        self.channels = ComboBox()
        self.channels.setFixedWidth(120)
        self.channels.setMaxVisibleItems(16)
        self.channels.setToolTip("The channel in front (Up, Down, or click its line)")
        self.channels.currentIndexChanged.connect(self._on_index)
        self.view.picked.connect(self.choose)
        self.view.stepped.connect(self._step)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.addWidget(QLabel("Channel"))
        row.addWidget(self.channels)
        self.limit = ComboBox()
        self.limit.setFixedWidth(150)
        self.limit.setToolTip("The highest frequency that is shown")
        self.limit.addItems([_limit_text(hz) for hz in LIMITS_HZ])
        self.limit.activated.connect(lambda k: self.limit_chosen.emit(LIMITS_HZ[k]))
        row.addSpacing(8)
        row.addWidget(self.limit)
        row.addStretch()
        self.over = plain(named(QLabel(_OVER), "problem"))
        self.over.setToolTip("Welch's method: Hann windows of 2 s, a quarter of a second apart")
        row.addWidget(self.over)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.view, 3)
        column.addWidget(self.spectrogram, 2)
        column.addLayout(row)

    def set_channels(self, names: tuple[str, ...], channel: int) -> None:
        """Another stream, and the channel of it to begin with."""
        self.channels.blockSignals(True)
        self.channels.clear()
        self.channels.addItems(names)
        self.channels.setCurrentIndex(channel)
        self.channels.blockSignals(False)

    def choose(self, channel: int) -> None:
        """Put a channel in front; beyond the last or the first there is none."""
        if 0 <= channel < self.channels.count():
            self.channels.setCurrentIndex(channel)

    def show_limit(self, hz: float) -> None:
        """Show which of `LIMITS_HZ` was chosen."""
        self.limit.setCurrentIndex(LIMITS_HZ.index(hz))

    def _step(self, way: int) -> None:
        self.choose(self.channels.currentIndex() + way)

    def show_hint(self, hint: str) -> None:
        self.view.show_hint(hint)
        self.spectrogram.show_nothing()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        self.view.show_spectrum(seen)
        self.spectrogram.show_spectrum(seen)

    def set_trouble(self, why: str) -> None:
        """Say why the spectrum stands still; empty while it does not."""
        self.over.setText(why or _OVER)
        mark_wrong(self.over, bool(why))

    def set_theme(self, theme: Theme) -> None:
        for view in (self.view, self.spectrogram):
            view.theme = theme

    def _on_index(self, channel: int) -> None:
        if channel >= 0:
            self.channel_chosen.emit(channel)


def _limit_text(hz: float) -> str:
    return f"up to {hz:g} Hz" if isfinite(hz) else "up to half the rate"
