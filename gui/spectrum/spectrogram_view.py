"""The spectrum of one channel over the last half minute."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF

from bci.quality.spectra import SPAN_S, STEP_S
from gui.plots.axis import Axis, ColourScale, seconds_ago
from gui.plots.plot import Plot, Table
from gui.plots.steady_range import SteadyRange
from gui.spectrum.analysis import SpectrumSeen
from gui.widgets.units import squared

# Percentiles at the ends of the colour scale. So a blink does not make all else dark, and deep
# random holes in the spectra of single segments are ignored.
_SPANNED = (20, 99)


class SpectrogramView(Plot):
    """The spectrogram: time to the right, frequency upwards; lost samples are marked."""

    def __init__(self) -> None:
        bottom = Axis("bottom", write=seconds_ago)
        left = Axis("left", write=lambda hz: f"{hz:g} Hz")
        super().__init__("Spectrogram", bottom, left, grid=False)
        self.seen: SpectrumSeen | None = None
        self._range = SteadyRange(5.0, 20.0)
        self.lost = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self.lost)
        self.addItem(self.image)
        self.colour_scale = ColourScale(self, self.image)
        self.setMinimumHeight(80)
        self.show_nothing()

    def show_nothing(self) -> None:
        self.seen, self.is_blank = None, True
        self._range.reset()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        if self.seen is None or self.seen.channel != seen.channel:
            self._range.reset()
        self.seen, self.is_blank = seen, False
        known = seen.history[np.isfinite(seen.history)]
        if len(known):
            low, high = np.percentile(known, _SPANNED)
            self._range.follow(float(low), float(high))
        self.set_home((-SPAN_S, 0.0), (float(seen.freqs[0]), float(seen.freqs[-1])))
        self.refresh()

    def draw(self) -> None:
        seen = self.seen
        if seen is None:
            return
        # Nothing is drawn before the first sample; lost samples after it are.
        begun = int(np.argmax(np.isfinite(seen.history).any(axis=1)))
        known, low, high = seen.history[begun:], float(seen.freqs[0]), float(seen.freqs[-1])
        start = -len(known) * STEP_S
        self.lost.setOpts(x0=[start], x1=[0.0], y0=[low], y1=[high],
                          brush=self.theme.colour("lost"))  # fmt: skip
        self.image.setImage(known.T.astype(np.float32), autoLevels=False)
        self.image.setRect(QRectF(start, low, -start, high - low))
        self.colour_scale.apply_theme(self.theme)
        self.colour_scale.setLevels((self._range.low, self._range.high))
        channel = seen.info.channels[seen.channel]
        self.set_heading(f"{channel.name}, last {SPAN_S:.0f} s, dB re 1 {squared(channel.unit)}/Hz")

    def _at(self, place: QPointF) -> tuple[int, int]:
        """Return the indices of the segment and of the frequency at ``place``."""
        assert self.seen is not None
        segment = len(self.seen.history) + int(np.floor(place.x() / STEP_S))
        return segment, int(np.argmin(np.abs(self.seen.freqs - place.y())))

    def read(self, place: QPointF) -> str:
        if self.seen is None:
            return ""
        segment, k = self._at(place)
        if not 0 <= segment < len(self.seen.history):
            return ""
        db = float(self.seen.history[segment, k])
        when = f"{place.x():.1f} s, {self.seen.freqs[k]:.3g} Hz"
        return f"{when}: {db:.1f} dB" if np.isfinite(db) else f"{when}: lost"

    def numbers(self) -> Table:
        if self.seen is None:
            return Table((), ())
        n = len(self.seen.history)
        times = (np.arange(n) - n + 1) * STEP_S
        columns = ("time (s)", *(f"{hz:.3g} Hz (dB)" for hz in self.seen.freqs))
        return Table(columns, np.column_stack([times, self.seen.history]).tolist())
