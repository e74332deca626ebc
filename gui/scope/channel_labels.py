"""The names at the scope's left edge, each marked by the quality of its channel."""

from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.words import explain
from gui.electrodes.quality_marks import paint_mark
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import tip

_LEAST_ROW = 10.0
_MARK, _MARGIN = 14, 8
_ACTIONS = "Click: mark or unmark as bad. Right click: hide."


class ChannelNames(QWidget):
    """One name a row, or every few rows where they are low; the worst of those is named.

    A click on a name marks the channel bad, or unmarks it; a right click hides it.
    """

    clicked = Signal(str)
    hide_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.names: tuple[str, ...] = ()
        self._quality: dict[str, ChannelQuality] = {}
        self._marked: frozenset[str] = frozenset()
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_names(self, names: tuple[str, ...]) -> None:
        """The channels from top to bottom."""
        self.names = names
        self.update()

    def room_for(self, names: tuple[str, ...]) -> int:
        """How wide it has to be for the longest of these, bold and beside its mark."""
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        font.setBold(True)
        metrics = QFontMetrics(font)
        return max(map(metrics.horizontalAdvance, names), default=0) + _MARK + _MARGIN + 1

    def set_marked(self, names: frozenset[str]) -> None:
        """The channels that the user marked bad."""
        self._marked = names
        self.update()

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        self._quality = {channel.name: channel for channel in channels}
        self.update()

    def state_of(self, name: str) -> State:
        """How a channel is shown; good as long as nothing is known."""
        known = self._quality.get(name)
        return known.state if known else State.GOOD

    def reason_at(self, y: float) -> str:
        """What is to be said of the channel at a height."""
        name = self._name_at(y)
        known = self._quality.get(name)
        said = explain(known) if known else name
        return f"{said}; marked bad by you" if name in self._marked else said

    def _name_at(self, y: float) -> str:
        if not self.names:
            return ""
        return self.names[int(min(max(0.0, y / self._row), len(self.names) - 1))]

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if not self.names:
            return
        name = self._name_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(name)
        elif event.button() == Qt.MouseButton.RightButton:
            self.hide_wanted.emit(name)

    def _weight(self, k: int) -> tuple[bool, State, int]:
        name = self.names[k]
        return name in self._marked, self.state_of(name), -k

    @property
    def _row(self) -> float:
        return max(1, self.height()) / max(1, len(self.names))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            reason = self.reason_at(event.pos().y())
            said = tip(f"{reason}\n{_ACTIONS}" if reason else "")
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        row = self._row
        every = max(1, ceil(_LEAST_ROW / row))
        font = QFont(self.font())
        font.setPixelSize(int(min(max(row * 0.8, 9), CAPTION_PX)))
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for first in range(0, len(self.names), every):
            together = range(first, min(first + every, len(self.names)))
            k = max(together, key=self._weight)
            state = self.state_of(self.names[k])
            top = row * first
            if top + _LEAST_ROW > self.height():
                break
            height = max(row, _LEAST_ROW)
            marked = self.names[k] in self._marked
            font.setBold(state == State.BAD and not marked)
            font.setStrikeOut(marked)
            painter.setFont(font)
            if marked:
                painter.setPen(self.theme.colour("dim"))
            elif state > State.GOOD:
                mark = min(4.0, height * 0.32)
                paint_mark(painter, self.theme, state, QPointF(8, top + height / 2), mark)
                painter.setPen(self.theme.quality_colour(state))
            else:
                painter.setPen(self.theme.colour("text"))
            left = _MARK if state > State.GOOD and not marked else 2
            box = QRectF(left, top, self.width() - _MARGIN - left, height)
            # Sensors of one array differ at the end of their names.
            name = painter.fontMetrics().elidedText(
                self.names[k], Qt.TextElideMode.ElideMiddle, int(box.width())
            )
            painter.drawText(box, align, name)
