"""The spectra of all channels, with the chosen one in front."""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

from bci.quality.spectra import ALPHA, BETA
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.steady_range import SteadyRange
from gui.plots.tags import Tag, Tags
from gui.spectrum.analysis import SpectrumSeen
from gui.widgets.labels import tip
from gui.widgets.units import squared

# Largest number of channels drawn as lines; of more, only the range is shaded.
_MAX_LINES = 64
_SHADES = {ALPHA: 150, BETA: 80}
_LINES_ALPHA, _RANGE_ALPHA = 95, 60


class SpectrumView(Plot):
    """Welch spectra in decibels, with alpha and beta shaded, and the peak in words.

    A click chooses the channel with the nearest line; Up and Down choose the previous or next
    channel. The mouse reads the chosen line.
    """

    picked = Signal(int)  # channel
    stepped = Signal(int)  # to the previous (-1) or next (+1) channel
    has_hairline = True

    def __init__(self) -> None:
        self._level = Axis("left", "dB")
        super().__init__("Spectrum", Axis("bottom", "frequency (Hz)"), self._level)
        self.seen: SpectrumSeen | None = None
        self._range = SteadyRange(10.0, 30.0)
        self.regions = {
            band: pg.LinearRegionItem((band.low, band.high), movable=False, pen=pg.mkPen(None))
            for band in _SHADES
        }
        self.others = pg.PlotCurveItem(connect="finite")
        self.lowest, self.highest = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._shade = pg.FillBetweenItem(self.lowest, self.highest)
        self.mean = pg.PlotCurveItem(antialias=True)
        self.chosen = pg.PlotCurveItem(antialias=True)
        self.peak_mark = pg.ScatterPlotItem(size=10, pen=None, antialias=True)
        self._band_names = Tags(self, (0.5, 1))
        for item in (*self.regions.values(), self._shade, self.others, self.mean, self.chosen,
                     self.peak_mark):  # fmt: skip
            self.addItem(item)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(100)
        self.setToolTip(
            tip("How strong each rhythm is; 10 dB more is ten times the power. Click chooses.")
        )
        self.scene().sigMouseClicked.connect(self._on_click)
        self.show_hint("waiting for a signal ...")

    def show_hint(self, hint: str) -> None:
        self.hint, self.seen, self.is_blank = hint, None, True
        self._range.reset()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        if self.seen is None or self.unit != _unit(seen):
            self._range.reset()
        self.seen, self.is_blank = seen, False
        values = np.concatenate([seen.density.ravel(), seen.chosen])
        values = values[np.isfinite(values)]
        if len(values):
            self._range.follow(float(values.min()), float(values.max()))
        self._level.name = self.unit
        self._level.apply_theme(self.theme)
        freqs = float(seen.freqs[0]), float(seen.freqs[-1])
        self.set_home(freqs, (self._range.low, self._range.high))
        self.refresh()

    @property
    def unit(self) -> str:
        """The reference unit of the decibels; empty without a spectrum."""
        return "" if self.seen is None else _unit(self.seen)

    @property
    def peak_text(self) -> str:
        """The peak of the chosen channel's spectrum in words; empty if it is unknown."""
        if self.seen is None or not np.isfinite(self.seen.chosen).any():
            return ""
        if self.seen.peak is None:
            return "no clear peak"
        return f"peak {self.seen.peak.hz:.1f} Hz, {self.seen.peak.above_db:.0f} dB above the rest"

    def read(self, place: QPointF) -> str:
        if self.seen is None:
            return ""
        k = int(np.argmin(np.abs(self.seen.freqs - place.x())))
        db = float(self.seen.chosen[k])
        return f"{self.seen.freqs[k]:.3g} Hz: {db:.1f} dB" if np.isfinite(db) else ""

    def draw(self) -> None:
        seen, theme = self.seen, self.theme
        if seen is None:
            return
        self._draw_bands()
        self._draw_others(seen)
        self.mean.setData(seen.freqs, seen.mean, connect="finite")
        self.mean.setPen(self.pen(theme.colour("text"), 3))
        self.chosen.setData(seen.freqs, seen.chosen, connect="finite")
        self.chosen.setPen(self.pen(theme.colour("accent"), 2))
        at = [seen.peak.hz] if seen.peak else []
        self.peak_mark.setData(
            at, np.interp(at, seen.freqs, seen.chosen), brush=theme.colour("accent")
        )
        single = "thin: each" if len(seen.shown) <= _MAX_LINES else "shaded: range"
        self.set_heading_html(
            f'<b style="color: {theme.accent}">{escape(seen.info.channels[seen.channel].name)}</b>'
            f'&nbsp; <span style="color: {theme.text}">{self.peak_text}</span>'
            f"&nbsp; thick: mean of {len(seen.shown)}, {single}"
        )

    def _draw_bands(self) -> None:
        (left, right), (bottom, _) = self.plotItem.vb.viewRange()
        names = []
        for band, region in self.regions.items():
            region.setBrush(self.theme.colour("line", _SHADES[band]))
            low, high = max(band.low, left), min(band.high, right)
            room = (high - low) / (right - left) * self.plotItem.vb.width()
            if self._band_names.width_of(band.name) < room:
                # At the bottom, where no peak is.
                names.append(Tag((low + high) / 2, bottom, band.name, self.theme.colour("dim")))
        self._band_names.show(names)

    def _draw_others(self, seen: SpectrumSeen) -> None:
        known = seen.density[:, np.isfinite(seen.density).all(axis=0)]
        is_many = known.shape[1] > _MAX_LINES
        shade = self.theme.colour("trace", _RANGE_ALPHA if is_many else _LINES_ALPHA)
        self.others.setVisible(not is_many)
        self._shade.setVisible(is_many)
        if is_many:
            self.lowest.setData(seen.freqs, known.min(axis=1))
            self.highest.setData(seen.freqs, known.max(axis=1))
            self._shade.setBrush(shade)
            return
        # One item draws all lines, which are separated by NaN.
        gap = np.full((1, known.shape[1]), np.nan)
        lines = np.concatenate([known, gap]).ravel(order="F")
        self.others.setData(np.tile([*seen.freqs, np.nan], known.shape[1]), lines)
        self.others.setPen(shade)

    def numbers(self) -> Table:
        seen = self.seen
        if seen is None:
            return Table((), ())
        names = (f"{seen.info.channels[k].name} ({_unit(seen)})" for k in seen.shown)
        columns = ("frequency (Hz)", *names, f"mean ({_unit(seen)})")
        return Table(columns, np.column_stack([seen.freqs, seen.density, seen.mean]).tolist())

    def _on_click(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.seen is not None:
            place = self.plotItem.vb.mapSceneToView(event.scenePos())
            at = self.seen.density[int(np.argmin(np.abs(self.seen.freqs - place.x())))]
            away = np.abs(at - place.y())
            if np.isfinite(away).any():
                self.picked.emit(self.seen.shown[int(np.nanargmin(away))])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        match event.key():
            case Qt.Key.Key_Up:
                self.stepped.emit(-1)
            case Qt.Key.Key_Down:
                self.stepped.emit(1)
            case _:
                super().keyPressEvent(event)


def _unit(seen: SpectrumSeen) -> str:
    unit = seen.info.channels[seen.channel].unit
    return f"dB re 1 {squared(unit)}/Hz"
