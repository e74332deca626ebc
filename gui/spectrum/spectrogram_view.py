"""How the spectrum of one channel changed over the last half minute."""

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.plots.axes import Plot, ticks
from gui.plots.colour_map import coloured, paint_scale
from gui.plots.steady_range import SteadyRange
from gui.spectrum.analysis import SpectrumSeen
from gui.spectrum.spectra import SPAN_S
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.units import squared

_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 30.0, 76.0, 20.0
# Percentiles that the colours span: a blink must not make all else dark, and the deep holes that
# single segments have in their spectra tell nothing.
_SPANNED = (20, 99)


class SpectrogramView(QWidget):
    """Time to the right, frequency upwards; what was lost is a bar of its own colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.seen: SpectrumSeen | None = None
        self._levels = SteadyRange(5.0, 20.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(80)
        self.setAccessibleName("Spectrogram")

    def clear(self) -> None:
        """There is nothing to draw."""
        self.seen = None
        self._levels.reset()
        self.update()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        if self.seen is None or self.seen.channel != seen.channel:
            self._levels.reset()
        self.seen = seen
        known = seen.history[np.isfinite(seen.history)]
        if len(known):
            low, high = np.percentile(known, _SPANNED)
            self._levels.follow(float(low), float(high))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if self.seen is None:
            return
        seen, levels = self.seen, self._levels
        box = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        plot = Plot(box, -SPAN_S, 0.0, float(seen.freqs[0]), float(seen.freqs[-1]))
        # Before the first sample there is nothing; what was lost later is.
        begun = int(np.argmax(np.isfinite(seen.history).any(axis=1)))
        image = coloured(
            seen.history[begun:, ::-1].T, levels.low, levels.high, self.theme.colour("lost")
        )
        known = QRectF(box)
        known.setLeft(box.left() + begun / len(seen.history) * box.width())
        painter.fillRect(box, self.theme.colour("window"))
        if np.isfinite(seen.history).any():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(known, image)
        across = {-30.0: "-30 s", -20.0: "-20 s", -10.0: "-10 s", 0.0: "now"}
        marks = ticks(0.0, plot.top, max(1, int(box.height() / 15)))[1:] or [plot.top]
        up = {hz: f"{hz:g}" for hz in marks}
        up[max(up)] += " Hz"
        plot.paint_axes(painter, self.theme, across, up, grid=False)
        scale = QRectF(box.right() + 14, box.top(), 12, box.height())
        paint_scale(painter, self.theme, scale, levels.low, levels.high, "")
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        channel = seen.info.channels[seen.channel]
        painter.drawText(QRectF(14, 8, 300, 16), 0, f"{channel.name}, last {SPAN_S:.0f} s")
        said = f"dB re 1 {squared(channel.unit)}/Hz"
        words = QRectF(self.width() - 254, 8, 240, 16)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, said)
