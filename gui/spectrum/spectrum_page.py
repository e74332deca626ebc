"""The spectrum above the spectrogram, and the list of channels to choose from."""

from math import isfinite

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bci.quality.spectra import LIMITS_HZ
from gui.spectrum.analysis import SpectrumSeen
from gui.spectrum.source_line import SourceLine
from gui.spectrum.spectrogram_view import SpectrogramView
from gui.spectrum.spectrum_view import SpectrumView
from gui.theme import Theme
from gui.widgets.combo_box import ComboBox


class SpectrumPage(QWidget):
    """Shows what it is given; the user chooses a channel and the highest frequency."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.view, self.spectrogram = SpectrumView(), SpectrogramView()
        self.setFocusProxy(self.view)
        self.channels = ComboBox()
        self.channels.setFixedWidth(120)
        self.channels.setMaxVisibleItems(16)
        self.channels.setToolTip("The channel in front (Up, Down, or click its line)")
        self.channels.currentIndexChanged.connect(lambda _k: self.chosen.emit())
        self.view.picked.connect(self.choose)
        self.view.stepped.connect(lambda way: self.choose(self.channels.currentIndex() + way))
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.addWidget(QLabel("Channel"))
        row.addWidget(self.channels)
        self.limit = ComboBox()
        self.limit.setFixedWidth(150)
        self.limit.setToolTip("The highest frequency that is shown")
        self.limit.addItems([_limit_text(hz) for hz in LIMITS_HZ])
        self.limit.currentIndexChanged.connect(lambda _k: self.chosen.emit())
        row.addSpacing(8)
        row.addWidget(self.limit)
        row.addStretch()
        self.over = SourceLine("mean of the last 6 s")
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
        with QSignalBlocker(self.channels):
            self.channels.clear()
            self.channels.addItems(names)
            self.channels.setCurrentIndex(channel)

    def choose(self, channel: int) -> None:
        """Put a channel in front; beyond the last or the first there is none."""
        if 0 <= channel < self.channels.count():
            self.channels.setCurrentIndex(channel)

    @property
    def limit_hz(self) -> float:
        """The highest frequency, in hertz; infinite for half the rate."""
        return LIMITS_HZ[self.limit.currentIndex()]

    def show_limit(self, hz: float) -> None:
        """Show which of `LIMITS_HZ` was chosen."""
        self.limit.setCurrentIndex(LIMITS_HZ.index(hz))

    def show_hint(self, hint: str) -> None:
        self.view.show_hint(hint)
        self.spectrogram.show_nothing()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        self.view.show_spectrum(seen)
        self.spectrogram.show_spectrum(seen)

    def set_theme(self, theme: Theme) -> None:
        for view in (self.view, self.spectrogram):
            view.theme = theme


def _limit_text(hz: float) -> str:
    return f"up to {hz:g} Hz" if isfinite(hz) else "up to half the rate"
