"""How good the electrodes are: a head with a mark for each, and what is wrong in words."""

from math import hypot, sqrt

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolButton, QToolTip, QWidget

from bci.quality.channel_quality import ChannelQuality, State
from bci.types import StreamInfo
from gui.electrodes.quality_marks import advise, explain, paint_mark, summarise, worst_first
from gui.plots.head import flatten, grid, paint_head
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import named, tip

_HEIGHT = 176
_TOP, _LINE = 36.0, 18.0
_NEAR = 12.0
_CENTRE = Qt.AlignmentFlag.AlignHCenter
# Electrodes are named where the head is as large as this, and no more of them than that.
_NAMED_RADIUS, _MOST_NAMES = 110.0, 40


class QualityView(QWidget):
    """A head map; point at an electrode to read why it is coloured as it is, and what helps.

    It is compact, or ``grows`` with the room that it has, and then names the electrodes.
    """

    line_chosen = Signal(float)  # frequency of the power line, in hertz

    def __init__(self, parent: QWidget | None = None, grows: bool = False) -> None:
        super().__init__(parent)
        self.line = named(QToolButton(self), "step")
        self.line.setAccessibleName("Power line")
        self.line.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.line.clicked.connect(self._choose_line)
        self.set_line(50.0)
        self.theme: Theme = DARK
        self.channels: list[ChannelQuality] = []
        self._info: StreamInfo | None = None
        self._places: dict[int, tuple[float, float]] = {}
        self._has_head = False
        self._live = True
        self._silence = ""
        self._lines: dict[str, QRectF] = {}
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding if grows else QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(_HEIGHT)
        if not grows:
            self.setMaximumHeight(_HEIGHT)
        self.setAccessibleName("Signal quality")

    def set_stream(self, info: StreamInfo) -> None:
        """Another stream: its channels, not yet judged."""
        self._info = info
        self._places = flatten(info.channels)
        self._live, self._silence = True, ""
        self._has_head = bool(self._places)
        if not self._has_head:
            self._places = grid(info.n_channels)
        self.set_quality([])

    def set_live(self, live: bool) -> None:
        """Whether the stream is there; if not, nothing is known of its channels."""
        self._live = live
        self.set_quality([])

    def set_silent(self, why: str) -> None:
        """Say why nothing is known of the channels of a stream that is there; empty while it is."""
        self._silence = why
        if why:
            self.channels = []
        self.update()

    def set_line(self, hz: float) -> None:
        """The power line has this frequency."""
        self._line_hz = hz
        self.line.setText(f"{hz:g} Hz")
        said = f"Line noise is looked for at {hz:g} Hz. Click for {_other_line(hz):g} Hz."
        self.line.setToolTip(tip(said))
        self._place_line()

    def _choose_line(self) -> None:
        self.set_line(_other_line(self._line_hz))
        self.line_chosen.emit(self._line_hz)

    def _place_line(self) -> None:
        self.line.adjustSize()
        self.line.move(self.width() - self.line.width() - 6, 5)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        self._place_line()

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
        if self._silence:
            return f"{self._silence[:1].upper()}{self._silence[1:]}"
        return "Measuring ..." if self._info.sfreq > 0 else "Irregular: not judged"

    def reason_at(self, point: QPointF) -> str:
        """What is to be said of the electrode or the line under a point; empty if none is."""
        channel = self._channel_at(point)
        return explain(channel) if channel else ""

    def _channel_at(self, point: QPointF) -> ChannelQuality | None:
        for name, box in self._lines.items():
            if box.contains(point):
                return next((c for c in self.channels if c.name == name), None)
        near = [
            (hypot(place.x() - point.x(), place.y() - point.y()), -channel.state, index)
            for index, channel in enumerate(self.channels)
            if (place := self._place(index)) is not None
        ]
        if not near or min(near)[0] > max(_NEAR, 2 * self._mark):
            return None
        return self.channels[min(near)[2]]

    @property
    def _radius(self) -> float:
        return max(40.0, min((self.height() - 60) / 2, 0.3 * self.width()))

    @property
    def _middle(self) -> QPointF:
        free = self.height() - _TOP - 2.25 * self._radius
        return QPointF(22 + self._radius, _TOP + 12 + self._radius + max(0.0, free - 12) / 2)

    @property
    def _text_left(self) -> float:
        return 2 * self._radius + 38

    @property
    def _mark(self) -> float:
        """How large an electrode's mark is."""
        size = min(1.4, self._radius / 58)
        return min(5.5, max(2.0, 30 / sqrt(max(1, len(self._places))))) * size

    def _place(self, index: int) -> QPointF | None:
        if index not in self._places:
            return None
        x, y = self._places[index]
        return self._middle + QPointF(x, -y) * self._radius

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            channel = self._channel_at(QPointF(event.pos()))
            said = f"{explain(channel)}\n{advise(channel)}".strip() if channel else ""
            QToolTip.showText(event.globalPos(), tip(said), self)
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
            paint_head(painter, QPen(self.theme.colour("dim"), 1.5), self._middle, self._radius)
        self._paint_electrodes(painter)
        self._paint_words(painter)

    def _paint_electrodes(self, painter: QPainter) -> None:
        radius = self._mark
        named = self._radius >= _NAMED_RADIUS and len(self._places) <= _MOST_NAMES
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
            if named and self._info is not None:
                painter.setPen(self.theme.colour("dim"))
                under = QRectF(place.x() - 40, place.y() + radius + 1, 80, _LINE)
                painter.drawText(under, _CENTRE, self._info.channels[index].name)

    def _paint_headline(self, painter: QPainter) -> None:
        row = QRectF(14, 7, self.line.x() - 20, 20)
        plain, bold = QFont(painter.font()), QFont(painter.font())
        bold.setBold(True)
        lead = QFontMetricsF(plain).horizontalAdvance("signal  ")
        if lead + QFontMetricsF(bold).horizontalAdvance(self.headline) <= row.width():
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(row, 0, "signal")
            row.setLeft(row.left() + lead)
        painter.setFont(bold)
        painter.setPen(self.theme.colour("text"))
        fitted = QFontMetricsF(bold).elidedText(
            self.headline, Qt.TextElideMode.ElideRight, row.width()
        )
        painter.drawText(row, 0, fitted)
        painter.setFont(plain)

    def _paint_words(self, painter: QPainter) -> None:
        """What is wrong with the worst channels: a reason that is too long goes on below."""
        flags = Qt.TextFlag.TextWordWrap
        left, width = self._text_left + 16, self.width() - self._text_left - 16 - 10
        painter.setPen(self.theme.colour("text"))
        worst = worst_first(self.channels)
        top, bottom = _TOP, self.height() - 4
        self._lines.clear()
        for k, channel in enumerate(worst):
            said = f"{channel.name} {channel.text}"
            box = painter.boundingRect(QRectF(left, top, width, 3 * _LINE), flags, said)
            rest = len(worst) - k
            if box.bottom() + (_LINE if rest > 1 else 0) > bottom:
                painter.setPen(self.theme.colour("dim"))
                more = f"and {rest} more" if k else f"{rest} channels"
                painter.drawText(QRectF(left, top, width, _LINE), 0, more)
                return
            paint_mark(painter, self.theme, channel.state, QPointF(self._text_left + 5, top + 9), 4)
            painter.setPen(self.theme.colour("text"))
            painter.drawText(box, flags, said)
            self._lines[channel.name] = QRectF(self._text_left, top, width + 16, box.height())
            top = box.bottom() + 2


def _other_line(hz: float) -> float:
    return 60.0 if hz < 55 else 50.0


def known_line(hz: float) -> float:
    """A frequency that a power line may have; 50 Hz where this is none."""
    return hz if 40 <= hz <= 70 else 50.0
