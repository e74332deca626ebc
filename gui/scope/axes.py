"""The scope's axes: time, and channel names with marks of quality."""

from math import ceil
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter

from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.words import explain
from gui.plots.axis import Axis, caption_font, with_minus
from gui.plots.quality_marks import paint_mark
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import tip

TIME_HEIGHT = 22
_OUTSIDE = 40.0
# Seconds between two ticks, by the shown seconds.
_EVERY_S = {2.0: 0.5, 5.0: 1.0, 10.0: 2.0, 20.0: 5.0, 30.0: 5.0}
_MIN_ROW = 10.0
_MIN_WIDTH, _MAX_WIDTH = 72, 112
_MARK, _MARGIN = 14, 8
_ACTIONS = "Click: mark or unmark as bad. Right click: hide."


class ChannelAxis(pg.AxisItem):
    """One name per row; of rows too low for a name, the worst channel is named.

    A click on a name marks the channel bad, or unmarks it; a right click hides it.
    """

    clicked = Signal(str)
    hide_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__("left")
        self.theme: Theme = DARK
        self.names: tuple[str, ...] = ()
        self._quality: dict[str, ChannelQuality] = {}
        self._marked: frozenset[str] = frozenset()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setWidth(_MIN_WIDTH)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def set_names(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.update()

    def make_room_for(self, names: tuple[str, ...]) -> None:
        """Set the width for the longest of ``names``, in bold and with a mark."""
        metrics = QFontMetrics(caption_font(bold=True))
        longest = max(map(metrics.horizontalAdvance, names), default=0)
        self.setWidth(max(_MIN_WIDTH, min(longest + _MARK + _MARGIN + 1, _MAX_WIDTH)))

    def set_marked(self, names: frozenset[str]) -> None:
        self._marked = names
        self.update()

    def set_quality(self, channels: dict[str, ChannelQuality]) -> None:
        """Set the quality of each channel by its name; empty while it is unknown."""
        if channels != self._quality:
            self._quality = channels
            self.update()

    def state_of(self, name: str) -> State:
        """Return the state of channel ``name``; good while it is unknown."""
        known = self._quality.get(name)
        return known.state if known else State.GOOD

    def reason_at(self, y: float) -> str:
        name = self._name_at(y)
        known = self._quality.get(name)
        reason = explain(known) if known else name
        return f"{reason}; marked bad by you" if name in self._marked else reason

    def _name_at(self, y: float) -> str:
        if not self.names:
            return ""
        return self.names[int(min(max(0.0, y / self._row), len(self.names) - 1))]

    @property
    def _row(self) -> float:
        return max(1.0, float(self.size().height())) / max(1, len(self.names))

    def mouseClickEvent(self, event: Any) -> None:  # noqa: N802 - pyqtgraph's name
        if not self.names:
            return
        event.accept()
        name = self._name_at(event.pos().y())
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(name)
        elif event.button() == Qt.MouseButton.RightButton:
            self.hide_wanted.emit(name)

    def mouseDragEvent(self, event: Any) -> None:  # noqa: N802
        """Do nothing, so that a drag does not move the rows."""

    def hoverEvent(self, event: Any) -> None:  # noqa: N802
        reason = "" if event.isExit() else self.reason_at(event.pos().y())
        self.setToolTip(tip(f"{reason}\n{_ACTIONS}" if reason else ""))

    def boundingRect(self) -> QRectF:  # noqa: N802
        # The axis ends before the traces, so that a frame of the traces does not paint names.
        return QRectF(0, 0, self.size().width() - _MARGIN / 2, self.size().height())

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = self._row
        every = max(1, ceil(_MIN_ROW / row))
        font = caption_font()
        font.setPixelSize(int(min(max(row * 0.8, 9), CAPTION_PX)))
        for first in range(0, len(self.names), every):
            top = row * first
            if top + _MIN_ROW > self.size().height():
                break
            together = range(first, min(first + every, len(self.names)))
            worst = self.names[max(together, key=self._weight)]
            self._paint_name(painter, font, worst, top, max(row, _MIN_ROW))

    def _weight(self, k: int) -> tuple[bool, State, int]:
        name = self.names[k]
        return name in self._marked, self.state_of(name), -k

    def _paint_name(
        self, painter: QPainter, font: QFont, name: str, top: float, height: float
    ) -> None:
        state, is_marked = self.state_of(name), name in self._marked
        has_mark = state > State.GOOD and not is_marked
        font.setBold(state == State.BAD and not is_marked)
        font.setStrikeOut(is_marked)
        painter.setFont(font)
        if has_mark:
            radius = min(4.0, height * 0.32)
            paint_mark(painter, self.theme, state, QPointF(8, top + height / 2), radius)
            painter.setPen(self.theme.quality_colour(state))
        else:
            painter.setPen(self.theme.colour("dim" if is_marked else "text"))
        left = _MARK if has_mark else 2
        box = QRectF(left, top, self.size().width() - _MARGIN - left, height)
        # Cut in the middle, since names of sensors in an array differ at the end.
        text = painter.fontMetrics().elidedText(
            name, Qt.TextElideMode.ElideMiddle, int(box.width())
        )
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, align, text)


class TimeAxis(Axis):
    """An axis of seconds before the newest sample; in a sweep, from the left edge."""

    def __init__(self) -> None:
        super().__init__("bottom", write=_in_seconds)
        self.setStyle(tickTextOffset=1, tickLength=4, hideOverlappingLabels=False)

    def show_time(self, seconds: float) -> None:
        every = _EVERY_S.get(seconds, seconds / 5)
        self.setTickSpacing(every, every)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        # The axis begins below the traces, so that a frame of the traces does not paint it. It is
        # wider than needed, since pyqtgraph drops texts that leave it, before they are shifted.
        width, height = self.size().width(), self.size().height()
        return QRectF(-_OUTSIDE, 2, width + 2 * _OUTSIDE, height - 2)

    def generateDrawSpecs(self, painter: Any) -> Any:  # noqa: N802 - pyqtgraph's name
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        axis, marks, texts = specs
        # The outermost texts are shifted into the axis.
        width = self.size().width()
        inside = [
            (rect.translated(max(0, -rect.left()) - max(0, rect.right() - width), 0), flags, text)
            for rect, flags, text in texts
        ]
        return axis, marks, inside


def _in_seconds(value: float) -> str:
    return with_minus(f"{value:.3g} s")
