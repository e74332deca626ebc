"""The scope's measure cursor: time and value under the mouse; dragged, the change from there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from bci.pipeline.ring import RingBuffer
from bci.types import StreamInfo
from gui.scope.overlay import TAG, paint_tag
from gui.scope.trace_image import Layout
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.units import with_unit


@dataclass(frozen=True)
class Reading:
    """A channel's value at one time, and where in the picture that is.

    ``seconds`` is counted back from the newest sample: 0 or less.
    """

    name: str
    seconds: float
    value: float
    unit: str
    place: QPointF

    @property
    def text(self) -> str:
        back = f"{-self.seconds:.3f} s back"
        return f"{self.name}  {_signed(self.value, self.unit)}, {back}"

    def text_since(self, start: "Reading") -> str:
        """What changed from ``start`` to here, and the rate that so long a period stands for."""
        apart = self.seconds - start.seconds
        rate = f" ({1 / abs(apart):.3g} Hz)" if apart else ""
        time = f"{1000 * apart:.0f} ms{rate}".replace("-", "\u2212")
        if start.name == self.name:
            return f"{self.name}: {_signed(self.value - start.value, self.unit)}, {time}"
        ends = f"{start.name} \u2192 {self.name}"
        if start.unit != self.unit:
            # The difference of two units is none.
            return f"{ends}: {time}"
        return f"{ends}: {_signed(self.value - start.value, self.unit)}, {time}"


def _signed(value: float, unit: str) -> str:
    # A minus as wide as the digits beside it, so that the text does not jump.
    sign = "\u2212" if value < 0 else "+"
    return sign + with_unit(abs(value), unit)


@dataclass(frozen=True)
class Traces:
    """What is drawn, and where."""

    info: StreamInfo
    ring: RingBuffer
    sfreq: float
    layout: Layout

    def under(self, point: QPointF) -> tuple[int, int]:
        """Sample and channel."""
        return self.layout.sample_at(point.x()), self.layout.channel_at(point.y())

    def reading(self, index: int, channel: int) -> Reading | None:
        """None where nothing is held or shown, or the sample was lost."""
        held = self.ring.oldest <= index < self.ring.end
        # A sweep has another sample in the place of one that is no longer shown.
        held = held and (not self.layout.sweep or self.layout.holds(index))
        if not held or channel not in self.layout.channels:
            return None
        value = float(self.ring.view(index, index + 1)[0][0, channel])
        if np.isnan(value):
            return None
        place = QPointF(self.layout.x(index), self.layout.y(channel, value))
        seconds = (index - self.ring.end + 1) / self.sfreq
        about = self.info.channels[channel]
        return Reading(about.name, seconds, value, about.unit, place)


class Measure(QWidget):
    """Lies over the traces and reads them.

    Parameters
    ----------
    traces : callable
        Gives what is drawn now; None while nothing is.
    """

    def __init__(self, traces: Callable[[], Traces | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self._traces = traces
        self._mouse: QPointF | None = None
        self._start: tuple[int, int] | None = None  # sample and channel
        self.setMouseTracking(True)
        # The style sheet gives every widget a ground; this one must have none.
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setStyleSheet("background: transparent")

    @property
    def text(self) -> str:
        """What is said beside the cursor; empty while the mouse is elsewhere."""
        now, start = self._readings()
        if now is None:
            return ""
        return now.text_since(start) if start else now.text

    def _readings(self) -> tuple[Reading | None, Reading | None]:
        traces = self._traces()
        if traces is None or self._mouse is None:
            return None, None
        start = traces.reading(*self._start) if self._start is not None else None
        return traces.reading(*traces.under(self._mouse)), start

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self._mouse = event.position()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        traces = self._traces()
        self._start = traces.under(event.position()) if traces is not None else None
        # The scope keeps the focus, and with it the keys.
        if (scope := self.parentWidget()) is not None:
            scope.setFocus()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._start = None
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: N802
        self._mouse = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        now, start = self._readings()
        if now is None:
            return
        painter, theme, picture = QPainter(self), self.theme, QRectF(self.rect())
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for reading in (now, start) if start else (now,):
            x = reading.place.x()
            painter.setPen(QPen(theme.colour("accent"), 1.0))
            painter.drawLine(QLineF(x, picture.top(), x, picture.bottom()))
            painter.setBrush(theme.colour("accent"))
            painter.drawEllipse(reading.place, 3.5, 3.5)
        if start:
            painter.drawLine(QLineF(start.place, now.place))
        text = self.text
        width = painter.fontMetrics().horizontalAdvance(text) + 8
        right = now.place.x() + 8
        left = now.place.x() - 8 - width
        x = right if right + width < picture.right() else max(picture.left(), left)
        y = now.place.y() - TAG - 8
        y = y if y > picture.top() + 20 else now.place.y() + 10
        paint_tag(painter, theme, QPointF(x, min(y, picture.bottom() - TAG)), text, "text")
