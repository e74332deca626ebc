"""The list of live streams: name and summary, and marks for simulated and shown."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QListWidget, QListWidgetItem

from bci.lsl.live_streams import LiveStream
from gui.widgets.labels import ElidedLabel, tip
from gui.widgets.layouts import named

_STREAM = Qt.ItemDataRole.UserRole
ROW = 48


class StreamList(QListWidget):
    """A list of streams; a click or Enter chooses one."""

    chosen = Signal(object)  # LiveStream

    def __init__(self) -> None:
        super().__init__()
        self.streams: tuple[LiveStream, ...] = ()
        self._shown = self._sought = ""
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setToolTip("Streams on the network; click or press Enter to show one")
        self.itemClicked.connect(lambda item: self.chosen.emit(item.data(_STREAM)))
        self.itemActivated.connect(lambda item: self.chosen.emit(item.data(_STREAM)))

    def set_streams(self, streams: tuple[LiveStream, ...]) -> None:
        """Replace the listed streams, and keep the current row."""
        current = self.currentItem()
        kept = current.data(_STREAM).uid if current is not None else ""
        self.streams = streams
        self.clear()
        for stream in streams:
            item = QListWidgetItem(self)
            item.setSizeHint(QSize(100, ROW))
            item.setData(_STREAM, stream)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{stream.name}, {stream.summary}")
            # The tooltip shows the stream's description as plain text, never as markup.
            item.setToolTip(tip(f"{stream.name} on {stream.hostname}\n{stream.summary}"))
            self.setItemWidget(item, _two_lines(stream, stream.name == self._shown))
            if stream.uid == kept:
                self.setCurrentItem(item)
        self.show_found(self._sought)

    def set_shown(self, name: str) -> None:
        """Mark the stream ``name`` as the one that the dashboard shows."""
        self._shown = name
        self.set_streams(self.streams)

    def show_found(self, text: str) -> None:
        """Hide the streams without ``text`` in their name, computer or summary."""
        self._sought = text
        for row, stream in enumerate(self.streams):
            described = f"{stream.name} {stream.hostname} {stream.summary}"
            self.item(row).setHidden(text.lower() not in described.lower())


def _two_lines(stream: LiveStream, shown: bool) -> QFrame:
    """Make the entry of a stream: its name, and below it its summary."""
    row = named(QFrame(), "shownstream" if shown else "stream")
    # Clicks pass through to the list.
    row.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    name = named(ElidedLabel(stream.name), "name")
    summary = named(ElidedLabel(stream.short_summary + ", shown" * shown), "dim")
    grid = QGridLayout(row)
    grid.setContentsMargins(12, 3, 6, 3)
    grid.setSpacing(2)
    grid.setColumnStretch(1, 1)
    grid.addWidget(name, 0, 0)
    if badge := "SIMULATED" if stream.simulated else "REPLAY" if stream.replayed else "":
        grid.addWidget(named(QLabel(badge), "smallbadge"), 0, 2)
    grid.addWidget(summary, 1, 0, 1, 3)
    return row
