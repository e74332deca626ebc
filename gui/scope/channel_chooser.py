"""The choice of shown channels: a button, and the list that it opens."""

from functools import partial

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QToolButton

from bci.signals import Channel
from gui.actions import ACTIONS, key_of, tip_of
from gui.scope.gains import GainKind, kind_of
from gui.scope.scope import Scope
from gui.widgets.buttons import button
from gui.widgets.labels import tip
from gui.widgets.layouts import column_of, named, row_of

_WIDTH, _HEIGHT = 240, 420
_ON, _OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_MEMBERS = Qt.ItemDataRole.UserRole


class ChannelChooser(QToolButton):
    """A button for the list of channels, to show or hide them one by one or by kind."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tip(tip_of("channels")))
        self._scope = scope
        self._channels: tuple[Channel, ...] = ()
        self.popup = named(QFrame(self, Qt.WindowType.Popup), "panel")
        self.sought = QLineEdit(placeholderText="Find a channel")
        self.sought.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.itemChanged.connect(self._on_item)
        pushes = []
        for name, hidden in (("channels-show", False), ("channels-hide", True)):
            set_all = partial(self._set_all, hidden)
            pushes.append(button(ACTIONS[name].text, tip_of(name), set_all, "narrow"))
            pushes[-1].setShortcut(key_of(name))
        parts = self.sought, (self.list, 1), row_of(*pushes)
        self.popup.setLayout(column_of(*parts, margins=(8, 8, 8, 8), spacing=6))
        self.clicked.connect(self.open)
        scope.channels_wanted.connect(self.open)
        scope.view_changed.connect(self._show_view)
        self._show_view()

    def open(self) -> None:
        self.sought.clear()
        self.popup.resize(_WIDTH, _HEIGHT)
        self.popup.move(self.mapToGlobal(QPoint(self.width() - _WIDTH, self.height() + 2)))
        self.popup.show()
        self.sought.setFocus()

    def _show_view(self) -> None:
        signal, hidden = self._scope.signal, self._scope.view.hidden
        channels = () if signal is None else signal.info.channels
        with QSignalBlocker(self.list):
            if channels != self._channels:
                self._channels = channels
                self._list_channels()
            for item in self._items():
                shown = [name not in hidden for name in item.data(_MEMBERS)]
                partly = Qt.CheckState.PartiallyChecked
                item.setCheckState(_ON if all(shown) else partly if any(shown) else _OFF)
        n_shown = len(channels) - len(hidden)
        self.setText(f"{n_shown} of {len(channels)}" if hidden else "Channels")
        self.setEnabled(bool(channels))

    def _list_channels(self) -> None:
        members: dict[GainKind, list[str]] = {}
        for channel in self._channels:
            members.setdefault(kind_of(channel), []).append(channel.name)
        self.list.clear()
        if len(members) > 1:
            for kind, names in members.items():
                self._add(f"all {kind.label} ({len(names)})", names, bold=True)
        for channel in self._channels:
            self._add(channel.name, [channel.name])

    def _add(self, text: str, names: list[str], bold: bool = False) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
        item.setData(_MEMBERS, names)
        font = item.font()
        font.setBold(bold)
        item.setFont(font)
        self.list.addItem(item)

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _on_item(self, item: QListWidgetItem) -> None:
        self._hide(frozenset(item.data(_MEMBERS)), item.checkState() == _OFF)

    def _set_all(self, hidden: bool) -> None:
        """Hide or show all channels that match the searched text."""
        found = [name for i in self._items() if not i.isHidden() for name in i.data(_MEMBERS)]
        self._hide(frozenset(found), hidden)

    def _hide(self, names: frozenset[str], hidden: bool) -> None:
        before = self._scope.view.hidden
        self._scope.choose(hidden=before | names if hidden else before - names)

    def _filter(self, text: str) -> None:
        for item in self._items():
            item.setHidden(text.lower() not in item.text().lower())
