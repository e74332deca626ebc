"""How good the electrodes are: a head with a mark for each, and what is wrong in words."""

from math import hypot, sqrt

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bci.quality import ChannelQuality, State
from bci.types import StreamInfo
from gui.head import flatten, grid, paint_head
from gui.pieces import tip
from gui.quality_marks import explain, paint_mark, summarise, worst_first
from gui.theme import DARK, Theme

_HEIGHT = 176
_RADIUS = 62.0
_MIDDLE = QPointF(82.0, 94.0)
_TEXT_LEFT = 162.0
_MOST_LINES, _LINE = 6, 19.0
_NEAR = 12.0


class QualityView(QWidget):
    """A compact head map; point at an electrode to read why it is coloured as it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.channels: list[ChannelQuality] = []
        self._info: StreamInfo | None = None
        self._places: dict[int, tuple[float, float]] = {}
        self._has_head = False
        self._live = True
        self._lines: dict[str, float] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Signal quality")

    def set_stream(self, info: StreamInfo) -> None:
        """Another stream: its channels, not yet judged."""
        self._info = info
        self._places = flatten(info.channels)
        self._has_head = bool(self._places)
        if not self._has_head:
            self._places = grid(info.n_channels)
        self.set_quality([])

    def set_live(self, live: bool) -> None:
        """Whether the stream is there; if not, nothing is known of its channels."""
        self._live = live
        self.set_quality([])

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """What the last second said of each channel; empty while nothing is known."""
        self.channels = channels
        self.update()

    @property
    def headline(self) -> str:
        """The quality of the whole, in words."""
        if self.channels:
            said = summarise(self.channels)
            return f"{said[:1].upper()}{said[1:]}"
        if self._info is None:
            return "No signal yet"
        if not self._live:
            return "No signal now"
        return "Measuring ..." if self._info.sfreq > 0 else "Irregular: not judged"

    def reason_at(self, point: QPointF) -> str:
        """What is to be said of the electrode or the line under a point; empty if none is."""
        for name, top in self._lines.items():
            if point.x() >= _TEXT_LEFT and 0 <= point.y() - top < _LINE:
                return next((explain(c) for c in self.channels if c.name == name), "")
        near = [
            (hypot(place.x() - point.x(), place.y() - point.y()), -channel.state, index)
            for index, channel in enumerate(self.channels)
            if (place := self._place(index)) is not None
        ]
        if not near or min(near)[0] > _NEAR:
            return ""
        return explain(self.channels[min(near)[2]])

    def _place(self, index: int) -> QPointF | None:
        if index not in self._places:
            return None
        x, y = self._places[index]
        return _MIDDLE + QPointF(x, -y) * _RADIUS

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            reason = self.reason_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), tip(reason))
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, 8, 140, 18), 0, "signal quality")
        if self._has_head or self._info is None:
            paint_head(painter, QPen(self.theme.colour("dim"), 1.5), _MIDDLE, _RADIUS)
        self._paint_electrodes(painter)
        self._paint_words(painter)

    def _paint_electrodes(self, painter: QPainter) -> None:
        radius = min(5.5, max(2.0, 30 / sqrt(max(1, len(self._places)))))
        states = dict.fromkeys(self._places, State.GOOD)
        states |= {k: c.state for k, c in enumerate(self.channels) if k in self._places}
        # The worst are drawn last: nothing covers them.
        for index in sorted(states, key=states.__getitem__):
            place = self._place(index)
            assert place is not None
            if self.channels:
                paint_mark(painter, self.theme, states[index], place, radius)
            else:
                painter.setPen(QPen(self.theme.colour("dim"), 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, radius, radius)

    def _paint_words(self, painter: QPainter) -> None:
        width = self.width() - _TEXT_LEFT - 10
        font = QFont(self.font())
        font.setPixelSize(13)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        flags = Qt.TextFlag.TextWordWrap
        headline = painter.boundingRect(QRectF(_TEXT_LEFT, 8, width, 36), flags, self.headline)
        painter.drawText(headline, flags, self.headline)
        font.setBold(False)
        font.setPixelSize(12)
        painter.setFont(font)
        worst = worst_first(self.channels)
        top = headline.bottom() + 8
        room = min(_MOST_LINES, int((self.height() - top - 4) // _LINE))
        shown = worst if len(worst) <= room else worst[: room - 1]
        self._lines.clear()
        for channel in shown:
            self._lines[channel.name] = top
            paint_mark(painter, self.theme, channel.state, QPointF(_TEXT_LEFT + 5, top + 9), 4)
            painter.setPen(self.theme.colour("text"))
            text = painter.fontMetrics().elidedText(
                f"{channel.name} {channel.reason}", Qt.TextElideMode.ElideRight, int(width - 16)
            )
            painter.drawText(QRectF(_TEXT_LEFT + 16, top, width - 16, 18), 0, text)
            top += _LINE
        if len(shown) < len(worst):
            painter.setPen(self.theme.colour("dim"))
            rest = f"and {len(worst) - len(shown)} more"
            painter.drawText(QRectF(_TEXT_LEFT + 16, top, width - 16, 18), 0, rest)
