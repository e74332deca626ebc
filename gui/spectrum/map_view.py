"""Where on the head a band is strong: power at the electrodes, interpolated in between."""

from math import hypot, sqrt

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.types import StreamInfo
from gui.plots.colour_map import coloured, paint_scale
from gui.plots.head import flatten, paint_head
from gui.plots.steady_range import SteadyRange
from gui.spectrum.analysis import MapSeen
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.units import squared

_NEAR = 16.0
_MOST_NAMES = 40
_WORDS = 250.0  # for the legend beside the head


class MapView(QWidget):
    """A head seen from above, its legend, and the electrodes with most and least in words.

    A click takes the electrode; it is the one whose spectrum is shown.
    """

    picked = Signal(int)  # channel

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.seen: MapSeen | None = None
        self.hint = "waiting for a signal ..."
        self.left_out: tuple[str, ...] = ()
        self._places: dict[int, tuple[float, float]] = {}
        self._image = QImage()
        self._levels = SteadyRange(1.0, 6.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(190)
        self.setAccessibleName("Map of band power")

    def set_stream(self, info: StreamInfo) -> None:
        self._places = flatten(info.channels)
        self.show_hint("measuring ..." if self._places else "no map: no channel has a position")

    def show_hint(self, hint: str) -> None:
        """There is nothing to draw, and why."""
        self.hint, self.seen = hint, None
        self.update()

    def show_map(self, seen: MapSeen) -> None:
        if seen.picture is None:
            if self._places:
                self.show_hint("no map: it takes at least four electrodes with a signal")
            return
        if self.seen is None or self.seen.band != seen.band:
            self._levels.reset()
        self.seen = seen
        self._levels.follow(float(seen.values.min()), float(seen.values.max()))
        low, high = self._levels.low, self._levels.high
        self._image = coloured(seen.picture, low, high, self.theme.colour("lost"))
        self.update()

    def set_left_out(self, names: frozenset[str]) -> None:
        """The channels that the user marked bad."""
        self.left_out = tuple(sorted(names))
        self.update()

    @property
    def strongest(self) -> str:
        """The electrode with the most power; empty while nothing is shown."""
        return self._name(int(np.argmax(self.seen.values))) if self.seen else ""

    def _name(self, k: int) -> str:
        assert self.seen is not None
        return self.seen.info.channels[self.seen.electrodes[k]].name

    @property
    def _radius(self) -> float:
        return max(60.0, min((self.width() - _WORDS) / 2.5, (self.height() - 40) / 2.25))

    @property
    def _middle(self) -> QPointF:
        return QPointF((self.width() - _WORDS) / 2, self.height() / 2 + 6)

    def _place(self, channel: int) -> QPointF:
        x, y = self._places[channel]
        return self._middle + QPointF(x, -y) * self._radius

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if self.seen is None:
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.hint)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        middle, radius = self._middle, self._radius
        inside = QPainterPath()
        inside.addEllipse(middle, radius, radius)
        painter.setClipPath(inside)
        corner = QPointF(radius, radius)
        painter.drawImage(QRectF(middle - corner, middle + corner), self._image)
        painter.setClipping(False)
        paint_head(painter, QPen(self.theme.colour("dim"), 2.0), middle, radius)
        self._paint_electrodes(painter, self.seen)
        self._paint_words(painter, self.seen)

    def _paint_electrodes(self, painter: QPainter, seen: MapSeen) -> None:
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        middle = (self._levels.low + self._levels.high) / 2
        for channel, value in zip(seen.electrodes, seen.values.tolist(), strict=True):
            place = self._place(channel)
            # Told apart from the colours under it, whatever the theme.
            is_inside = hypot(*self._places[channel]) <= 1.0
            ink = QColor("black" if value > middle else "white")
            ink = ink if is_inside else self.theme.colour("text")
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(place, 2.5, 2.5)
            if len(seen.electrodes) <= _MOST_NAMES:
                painter.setPen(ink)
                name = painter.fontMetrics().elidedText(
                    seen.info.channels[channel].name, Qt.TextElideMode.ElideMiddle, 60
                )
                half = painter.fontMetrics().horizontalAdvance(name) / 2 + 4
                x = self._kept_inside(place, half) if is_inside else place.x()
                box = QRectF(x - 30, place.y() + 3, 60, 18)
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, name)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.colour("dim"), 2.0))
        for channel in self._places:
            if seen.info.channels[channel].name in self.left_out:
                place, arm = self._place(channel), 4.0
                painter.drawLine(place - QPointF(arm, arm), place + QPointF(arm, arm))
                painter.drawLine(place - QPointF(arm, -arm), place + QPointF(arm, -arm))

    def _kept_inside(self, place: QPointF, half: float) -> float:
        """Where a name under a place is centred so that it does not cross the outline."""
        middle, below = self._middle, place.y() + 12 - self._middle.y()
        reach = max(0.0, sqrt(max(0.0, self._radius**2 - below**2)) - half)
        return max(middle.x() - reach, min(place.x(), middle.x() + reach))

    def _paint_words(self, painter: QPainter, seen: MapSeen) -> None:
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        band = f"{seen.band.name}, {seen.band.low:g}-{seen.band.high:g} Hz"
        painter.drawText(QRectF(14, 10, 240, 18), 0, band)
        left = self.width() - _WORDS + 20
        height = min(170.0, self.height() - 130.0)
        top = max(34.0, self.height() / 2 - 120)
        scale = QRectF(left, top, 14, height)
        low, high = self._levels.low, self._levels.high
        paint_scale(painter, self.theme, scale, low, high, f"dB re 1 {squared(seen.unit)}")
        most, least = int(np.argmax(seen.values)), int(np.argmin(seen.values))
        lines = [
            f"most: {self._name(most)}, {seen.values[most]:.1f} dB",
            f"least: {self._name(least)}, {seen.values[least]:.1f} dB",
        ]
        if self.left_out:
            rest = f" and {len(self.left_out) - 3} more" * (len(self.left_out) > 3)
            lines.append(f"left out: {', '.join(self.left_out[:3])}{rest}")
        font.setPixelSize(CAPTION_PX)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        for k, line in enumerate(lines):
            line = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, 226)
            painter.drawText(QRectF(left - 2, top + height + 14 + 18 * k, 230, 18), 0, line)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.setFocus()
        if self.seen is None:
            return
        away = [
            ((self._place(channel) - event.position()).manhattanLength(), channel)
            for channel in self.seen.electrodes
        ]
        if min(away)[0] < _NEAR:
            self.picked.emit(min(away)[1])
