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

from bci.lsl.live_streams import LiveStream
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import tip

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
            # A stream's description is shown as it is, never as markup.
            described = f"{stream.name} on {stream.hostname}\n{stream.summary}"
            item.setData(Qt.ItemDataRole.ToolTipRole, tip(described))
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
        """List those alone whose name, computer or summary contains the text."""
        self._sought = text
        for row in range(self.count()):
            stream = self.item(row).data(_STREAM)
            described = f"{stream.name} {stream.hostname} {stream.summary}"
            self.item(row).setHidden(text.lower() not in described.lower())

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
        painter.save()
        if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.fillRect(box, theme.colour("line"))
        if shown:
            painter.fillRect(box.adjusted(0, 4, 4 - box.width(), -4), theme.colour("accent"))
        font = QFont(self._view.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        upper = QRectF(box.left() + 12, box.top() + 4, box.width() - 20, 20)
        lower = upper.translated(0, 21)
        badge = "SIMULATED" if stream.simulated else "REPLAY" if stream.replayed else ""
        if badge:
            width = painter.fontMetrics().horizontalAdvance(badge) + 10
            area = QRectF(upper.right() - width, upper.top(), width, 18)
            painter.fillRect(area, theme.colour("warning"))
            painter.setPen(theme.colour("warning_text"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, badge)
            upper.setRight(area.left() - 6)
        mark = ", shown" if shown else ""
        fits = painter.fontMetrics().horizontalAdvance(stream.summary + mark) <= lower.width()
        painter.setPen(theme.colour("dim"))
        _draw(painter, lower, (stream.summary if fits else stream.short_summary) + mark)
        font.setBold(bool(shown))
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        _draw(painter, upper, stream.name)
        painter.restore()


def _draw(painter: QPainter, box: QRectF, text: str) -> None:
    elide = Qt.TextElideMode.ElideRight
    painter.drawText(box, 0, painter.fontMetrics().elidedText(text, elide, int(box.width())))
