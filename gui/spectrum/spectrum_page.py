"""The page with spectrum, spectrogram, and the choice of a channel."""

from math import inf

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLabel, QWidget

from bci.quality.spectra import LIMITS_HZ
from gui.spectrum.analysis import SpectrumSeen
from gui.spectrum.source_line import SourceLine
from gui.spectrum.spectrogram_view import SpectrogramView
from gui.spectrum.spectrum_view import SpectrumView
from gui.widgets.combo_box import ComboBox
from gui.widgets.layouts import column_of, row_of
from gui.widgets.themed import Themed


class SpectrumPage(Themed, QWidget):
    """Spectrum and spectrogram, with the choice of channel and highest frequency."""

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
        self.limit = ComboBox()
        self.limit.setFixedWidth(150)
        self.limit.setToolTip("The highest frequency that is shown")
        texts = {hz: f"up to {hz:g} Hz" for hz in LIMITS_HZ} | {inf: "up to half the rate"}
        self.limit.addItems([texts[hz] for hz in LIMITS_HZ])
        self.limit.currentIndexChanged.connect(lambda _k: self.chosen.emit())
        self.over = SourceLine("mean of the last 6 s")
        self.over.setToolTip("Welch's method: Hann windows of 2 s, a quarter of a second apart")
        controls = QLabel("Channel"), self.channels, 8, self.limit, None, self.over
        row = row_of(*controls, margins=(8, 0, 8, 6))
        self.setLayout(column_of((self.view, 3), (self.spectrogram, 2), row, spacing=2))

    def set_channels(self, names: tuple[str, ...], channel: int) -> None:
        """Set the channel names of another stream, and the index of the chosen channel."""
        with QSignalBlocker(self.channels):
            self.channels.clear()
            self.channels.addItems(names)
            self.channels.setCurrentIndex(channel)

    def choose(self, channel: int) -> None:
        """Choose the channel with this index; an invalid index is ignored."""
        if 0 <= channel < self.channels.count():
            self.channels.setCurrentIndex(channel)

    @property
    def limit_hz(self) -> float:
        """The highest shown frequency, in hertz; infinite for half the sampling rate."""
        return LIMITS_HZ[self.limit.currentIndex()]

    def show_limit(self, hz: float) -> None:
        """Select ``hz``, one of `LIMITS_HZ`, as the highest frequency."""
        self.limit.setCurrentIndex(LIMITS_HZ.index(hz))

    def show_hint(self, hint: str) -> None:
        self.view.show_hint(hint)
        self.spectrogram.show_nothing()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        self.view.show_spectrum(seen)
        self.spectrogram.show_spectrum(seen)
