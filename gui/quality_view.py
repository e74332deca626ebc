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
from gui.theme import CAPTION_PX, DARK, Theme

_HEIGHT = 176
_RADIUS = 58.0
_MIDDLE = QPointF(80.0, 106.0)
_TEXT_LEFT, _TOP = 154.0, 36.0
_LINE = 18.0
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
        self._lines: dict[str, QRectF] = {}
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
        for name, box in self._lines.items():
            if box.contains(point):
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
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        self._paint_headline(painter)
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

    def _paint_headline(self, painter: QPainter) -> None:
        row = QRectF(14, 7, self.width() - 24, 20)
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(row, 0, "signal")
        row.setLeft(row.left() + painter.fontMetrics().horizontalAdvance("signal  "))
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(row, 0, self.headline)
        font.setBold(False)
        painter.setFont(font)

    def _paint_words(self, painter: QPainter) -> None:
        """What is wrong with the worst channels: a reason that is too long goes on below."""
        flags = Qt.TextFlag.TextWordWrap
        left, width = _TEXT_LEFT + 16, self.width() - _TEXT_LEFT - 16 - 10
        painter.setPen(self.theme.colour("text"))
        worst = worst_first(self.channels)
        top, bottom = _TOP, self.height() - 4
        self._lines.clear()
        for k, channel in enumerate(worst):
            said = f"{channel.name} {channel.reason}"
            box = painter.boundingRect(QRectF(left, top, width, 3 * _LINE), flags, said)
            rest = len(worst) - k
            if box.bottom() + (_LINE if rest > 1 else 0) > bottom:
                painter.setPen(self.theme.colour("dim"))
                more = f"and {rest} more" if k else f"{rest} channels"
                painter.drawText(QRectF(left, top, width, _LINE), 0, more)
                return
            paint_mark(painter, self.theme, channel.state, QPointF(_TEXT_LEFT + 5, top + 9), 4)
            painter.setPen(self.theme.colour("text"))
            painter.drawText(box, flags, said)
            self._lines[channel.name] = QRectF(_TEXT_LEFT, top, width + 16, box.height())
            top = box.bottom() + 2
