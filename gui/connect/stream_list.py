"""The list of live streams: two lines each, and whether it is simulated or shown."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import tip
from gui.workers.stream_directory import LiveStream

_STREAM = Qt.ItemDataRole.UserRole
_SHOWN = Qt.ItemDataRole.UserRole + 1
ROW = 48


class StreamList(QListWidget):
    """Streams to choose from, by click or by Enter."""

    chosen = Signal(object)  # LiveStream

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.streams: tuple[LiveStream, ...] = ()
        self._shown = self._sought = ""
        self.setItemDelegate(_TwoLines(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setToolTip("Streams on the network; click or press Enter to show one")
        self.itemClicked.connect(self._choose)
        self.itemActivated.connect(self._choose)

    def set_streams(self, streams: tuple[LiveStream, ...]) -> None:
        """List these, and keep the row that is current."""
        current = self.currentItem()
        kept = current.data(_STREAM).uid if current is not None else ""
        self.streams = streams
        self.clear()
        for stream in streams:
            item = QListWidgetItem()
            item.setData(_STREAM, stream)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{stream.name}, {stream.summary}")
            # What a stream says of itself is shown as it is, never as markup.
            said = f"{stream.name} on {stream.hostname}\n{stream.summary}"
            item.setData(Qt.ItemDataRole.ToolTipRole, tip(said))
            self.addItem(item)
            if stream.uid == kept:
                self.setCurrentItem(item)
        self.show_found(self._sought)
        self._mark()

    def set_shown(self, name: str) -> None:
        """Mark the stream of that name as the one that the window shows."""
        self._shown = name
        self._mark()

    def show_found(self, text: str) -> None:
        """List those alone whose name, computer or content holds the text."""
        self._sought = text
        for row in range(self.count()):
            stream = self.item(row).data(_STREAM)
            said = f"{stream.name} {stream.hostname} {stream.summary}"
            self.item(row).setHidden(text.lower() not in said.lower())

    def _mark(self) -> None:
        for row in range(self.count()):
            item = self.item(row)
            item.setData(_SHOWN, item.data(_STREAM).name == self._shown)

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_STREAM))


class _TwoLines(QStyledItemDelegate):
    """Draws a stream: its name, and under it what it carries."""

    def __init__(self, view: StreamList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(  # noqa: N802 - Qt's name
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(100, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme, stream, shown = self._view.theme, index.data(_STREAM), index.data(_SHOWN)
        box = QRectF(option.rect)
        state = option.state
        painter.save()
        if state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.fillRect(box, theme.colour("line"))
        if shown:
            painter.fillRect(QRectF(box.left(), box.top() + 4, 4, box.height() - 8),
                             theme.colour("accent"))  # fmt: skip
        left, right = box.left() + 12, box.right() - 8
        font = QFont(self._view.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        badge_text = "SIMULATED" if stream.simulated else "REPLAY" if stream.replayed else ""
        if badge_text:
            width = painter.fontMetrics().horizontalAdvance(badge_text) + 10
            badge = QRectF(right - width, box.top() + 4, width, 18)
            painter.fillRect(badge, theme.colour("warning"))
            painter.setPen(theme.colour("warning_text"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, badge_text)
            right = badge.left() - 6
        font.setPixelSize(CAPTION_PX)
        font.setBold(bool(shown))
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        name = _fit(painter, stream.name, right - left)
        painter.drawText(QRectF(left, box.top() + 4, right - left, 20), 0, name)
        font.setBold(False)
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(theme.colour("dim"))
        right = box.right() - 8
        too = ", shown" * bool(shown)
        needed = painter.fontMetrics().horizontalAdvance(stream.summary + too)
        summary = stream.summary if needed <= right - left else stream.short_summary
        summary = _fit(painter, summary + too, right - left)
        painter.drawText(QRectF(left, box.top() + 25, right - left, 19), 0, summary)
        painter.restore()


def _fit(painter: QPainter, text: str, width: float) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(width))
