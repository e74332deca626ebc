"""The spectrum of every channel, the chosen one in front."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.plots.axes import Plot, ticks
from gui.plots.steady_range import SteadyRange
from gui.scope.overlay import paint_tag
from gui.spectrum.analysis import SpectrumSeen
from gui.spectrum.bands import ALPHA, BETA
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import tip
from gui.widgets.units import squared

# With more channels than this single lines say nothing: their range is shaded.
_MOST_LINES = 64
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 52.0, 14.0, 22.0


class SpectrumView(QWidget):
    """Welch's spectra in decibels, with alpha and beta shaded and the peak in words.

    A click takes the channel whose line is nearest; Up and Down go through the channels. The mouse
    reads the chosen line.
    """

    picked = Signal(int)  # channel
    stepped = Signal(int)  # to the channel before (-1) or after (+1)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.seen: SpectrumSeen | None = None
        self.hint = "waiting for a signal ..."
        self._levels = SteadyRange(10.0, 30.0)
        self._mouse_x: float | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(100)
        self.setAccessibleName("Spectrum")
        self.setToolTip(
            tip("How strong each rhythm is; 10 dB more is ten times the power. Click chooses.")
        )

    def show_hint(self, hint: str) -> None:
        """There is nothing to draw, and why."""
        self.hint, self.seen = hint, None
        self._levels.reset()
        self.update()

    def show_spectrum(self, seen: SpectrumSeen) -> None:
        if self.seen is None or self.unit != _unit(seen):
            self._levels.reset()
        self.seen = seen
        values = np.concatenate([seen.density.ravel(), seen.chosen])
        values = values[np.isfinite(values)]
        if len(values):
            self._levels.follow(float(values.min()), float(values.max()))
        self.update()

    @property
    def unit(self) -> str:
        """What the decibels are counted from; empty while nothing is shown."""
        return "" if self.seen is None else _unit(self.seen)

    @property
    def peak_text(self) -> str:
        """Where the chosen channel's spectrum stands out, in words."""
        if self.seen is None or not np.isfinite(self.seen.chosen).any():
            return ""
        if self.seen.peak is None:
            return "no clear peak"
        return f"peak {self.seen.peak.hz:.1f} Hz, {self.seen.peak.above_db:.0f} dB above the rest"

    @property
    def cursor_text(self) -> str:
        """Frequency and density of the chosen channel under the mouse; empty where it is not."""
        place = self._under_mouse()
        return "" if place is None else f"{place[0]:.3g} Hz: {place[1]:.1f} dB"

    def _under_mouse(self) -> tuple[float, float] | None:
        """Frequency and density under the mouse; None where there is none."""
        if self.seen is None or self._mouse_x is None:
            return None
        plot, seen = self._plot, self.seen
        if not plot.box.left() <= self._mouse_x <= plot.box.right():
            return None
        k = int(np.argmin(np.abs(seen.freqs - plot.value_at(self._mouse_x))))
        db = float(seen.chosen[k])
        return (float(seen.freqs[k]), db) if np.isfinite(db) else None

    @property
    def _plot(self) -> Plot:
        assert self.seen is not None
        box = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        freqs, levels = self.seen.freqs, self._levels
        return Plot(box, float(freqs[0]), float(freqs[-1]), levels.low, levels.high)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if self.seen is None:
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.hint)
            return
        plot = self._plot
        self._paint_bands(painter, plot)
        seen = self.seen
        marks = ticks(0.0, plot.right, max(2, int(plot.box.width() / 60)))[1:]
        across = {plot.left: f"{plot.left:.2g}"} | {hz: f"{hz:g}" for hz in marks}
        last = max(across)
        across[last] += " Hz"
        up = {db: f"{db:g}" for db in ticks(plot.bottom, plot.top, int(plot.box.height() / 22))}
        plot.paint_axes(painter, self.theme, across, up)
        painter.setClipRect(plot.box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_others(painter, plot, seen)
        painter.setPen(QPen(self.theme.colour("text"), 3.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(plot.line(seen.freqs, seen.mean))
        painter.setPen(QPen(self.theme.colour("accent"), 2.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(plot.line(seen.freqs, seen.chosen))
        painter.setClipping(False)
        self._paint_peak(painter, plot, seen)
        self._paint_cursor(painter, plot)
        self._paint_words(painter, seen)

    def _paint_bands(self, painter: QPainter, plot: Plot) -> None:
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        for band in (ALPHA, BETA):
            left, right = plot.x(band.low), min(plot.x(band.high), plot.box.right())
            box = QRectF(left, plot.box.top(), right - left, plot.box.height())
            shade = self.theme.colour("line")
            shade.setAlpha(150 if band is ALPHA else 80)
            painter.fillRect(box, shade)
            painter.setPen(self.theme.colour("dim"))
            # Below, where no peak is.
            box.setTop(box.bottom() - 20)
            if painter.fontMetrics().horizontalAdvance(band.name) < box.width():
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, band.name)

    def _paint_others(self, painter: QPainter, plot: Plot, seen: SpectrumSeen) -> None:
        known = seen.density[:, np.isfinite(seen.density).all(axis=0)]
        shade = self.theme.colour("trace")
        if known.shape[1] > _MOST_LINES:
            shade.setAlpha(60)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            lowest = plot.line(seen.freqs, known.min(axis=1)).toList()
            highest = plot.line(seen.freqs, known.max(axis=1)).toList()
            painter.drawPolygon(QPolygonF([*lowest, *reversed(highest)]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        shade.setAlpha(95)
        painter.setPen(QPen(shade, 1.0))
        for line in known.T:
            painter.drawPolyline(plot.line(seen.freqs, line))

    def _paint_peak(self, painter: QPainter, plot: Plot, seen: SpectrumSeen) -> None:
        if seen.peak is None:
            return
        db = float(np.interp(seen.peak.hz, seen.freqs, seen.chosen))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("accent"))
        painter.drawEllipse(QPointF(plot.x(seen.peak.hz), plot.y(db)), 4.5, 4.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_cursor(self, painter: QPainter, plot: Plot) -> None:
        place = self._under_mouse()
        if place is None:
            return
        x, text = plot.x(place[0]), self.cursor_text
        painter.setPen(QPen(self.theme.colour("accent"), 1.0))
        painter.drawLine(QPointF(x, plot.box.top()), QPointF(x, plot.box.bottom()))
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        left = x + 6 if x + width < plot.box.right() else x - width
        paint_tag(painter, self.theme, QPointF(left, plot.box.top() + 4), text, "text")

    def _paint_words(self, painter: QPainter, seen: SpectrumSeen) -> None:
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.theme.colour("accent"))
        name = seen.info.channels[seen.channel].name
        width = painter.fontMetrics().horizontalAdvance(name)
        painter.drawText(QRectF(14, 8, 200, 18), 0, name)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(QRectF(14 + width + 12, 8, 400, 18), 0, self.peak_text)
        right = QRectF(self.width() - 314, 8, 300, 18)
        single = "thin: each" if len(seen.shown) <= _MOST_LINES else "shaded: range"
        said = f"thick: mean of {len(seen.shown)}, {single}"
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(right, Qt.AlignmentFlag.AlignRight, said)
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.drawText(QRectF(14, 30, 240, 16), 0, self.unit)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.setFocus()
        if self.seen is None or not self.seen.shown:
            return
        plot, seen = self._plot, self.seen
        hz = plot.value_at(event.position().x())
        at = seen.density[int(np.argmin(np.abs(seen.freqs - hz)))]
        away = np.array([abs(plot.y(db) - event.position().y()) for db in at.tolist()])
        if np.isfinite(away).any():
            self.picked.emit(seen.shown[int(np.nanargmin(away))])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._mouse_x = event.position().x()
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: N802
        self._mouse_x = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
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
