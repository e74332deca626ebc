"""Choosing which channels are shown: a button, and the list that it opens."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bci.signals import StreamInfo
from gui.actions import ACTIONS, key_of, tip_of
from gui.scope.gains import GainKind, kind_of
from gui.widgets.buttons import button
from gui.widgets.labels import tip
from gui.widgets.layouts import named

_WIDTH, _HEIGHT = 240, 420
_ON, _OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_MEMBERS = Qt.ItemDataRole.UserRole


class ChannelChooser(QToolButton):
    """Opens a list of the channels, each shown or hidden, alone or with all of its kind."""

    chosen = Signal(object)  # frozenset of str: the channels that are hidden from now on

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tip("Show or hide channels in the traces (C)"))
        self._info: StreamInfo | None = None
        self._hidden: frozenset[str] = frozenset()
        self.popup = named(QFrame(self, Qt.WindowType.Popup), "panel")
        self.sought = QLineEdit()
        self.sought.setPlaceholderText("Find a channel")
        self.sought.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.itemChanged.connect(self._on_item)
        column = QVBoxLayout(self.popup)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.sought)
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        for name, hidden in (("channels-show", False), ("channels-hide", True)):
            push = named(button(ACTIONS[name].text, tip_of(name)), "narrow")
            push.setShortcut(key_of(name))
            push.clicked.connect(lambda _checked=False, hidden=hidden: self._set_all(hidden))
            row.addWidget(push)
        column.addLayout(row)
        self.clicked.connect(self.open)
        self._show_count()

    def set_stream(self, info: StreamInfo) -> None:
        """Another stream: all of its channels are shown."""
        is_known = self._info is not None and self._info.channels == info.channels
        self._info = info
        if not is_known:
            self._list_channels(info)
        if not is_known or self._hidden:
            self._hidden = frozenset()
            self._show_hidden()

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """The channels that are hidden now."""
        if hidden != self._hidden:
            self._hidden = hidden
            self._show_hidden()

    def open(self) -> None:
        """Show the list under the button."""
        self.sought.clear()
        self.popup.resize(_WIDTH, _HEIGHT)
        self.popup.move(self.mapToGlobal(QPoint(self.width() - _WIDTH, self.height() + 2)))
        self.popup.show()
        self.sought.setFocus()

    def _list_channels(self, info: StreamInfo) -> None:
        members: dict[GainKind, list[str]] = {}
        for channel in info.channels:
            members.setdefault(kind_of(channel), []).append(channel.name)
        self.list.blockSignals(True)
        self.list.clear()
        if len(members) > 1:
            for kind, names in members.items():
                self._add(f"all {kind.label} ({len(names)})", names, bold=True)
        for name in info.ch_names:
            self._add(name, [name])
        self.list.blockSignals(False)

    def _add(self, text: str, names: list[str], bold: bool = False) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
        item.setData(_MEMBERS, names)
        font = item.font()
        font.setBold(bold)
        item.setFont(font)
        self.list.addItem(item)

    def _show_hidden(self) -> None:
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            item = self.list.item(row)
            shown = [name not in self._hidden for name in item.data(_MEMBERS)]
            partly = Qt.CheckState.PartiallyChecked
            item.setCheckState(_ON if all(shown) else partly if any(shown) else _OFF)
        self.list.blockSignals(False)
        self._show_count()

    def _show_count(self) -> None:
        n_channels = self._info.n_channels if self._info is not None else 0
        n_shown = n_channels - len(self._hidden)
        self.setText(f"{n_shown} of {n_channels}" if self._hidden else "Channels")
        self.setEnabled(n_channels > 0)

    def _on_item(self, item: QListWidgetItem) -> None:
        members = frozenset(item.data(_MEMBERS))
        shown = item.checkState() != _OFF
        self._choose(self._hidden - members if shown else self._hidden | members)

    def _set_all(self, hidden: bool) -> None:
        """Hide or show all that the list shows now: those that were found."""
        rows = [self.list.item(row) for row in range(self.list.count())]
        found = {name for item in rows if not item.isHidden() for name in item.data(_MEMBERS)}
        self._choose(self._hidden | found if hidden else self._hidden - found)

    def _choose(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self._show_hidden()
        self.chosen.emit(hidden)

    def _filter(self, text: str) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(text.lower() not in item.text().lower())
