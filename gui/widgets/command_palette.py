"""The command palette: finds a command by letters of its name, and runs it."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from gui.actions import WindowActions
from gui.widgets.layouts import column_of

_SIZE, _BELOW_TOP = (560, 380), 60
_ACTION = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QDialog):
    """A search field above a list of commands; Enter runs one, Esc closes.

    A command that cannot run now is dim, and shows the reason.
    """

    def __init__(self, groups: tuple[WindowActions, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sought = QLineEdit(placeholderText="Type a few letters of a command")
        self.sought.textChanged.connect(self._filter)
        self.sought.returnPressed.connect(self._run)
        self.sought.installEventFilter(self)
        self.commands = QTreeWidget(columnCount=2)
        self.commands.setHeaderHidden(True)
        self.commands.setRootIsDecorated(False)
        self.commands.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.commands.itemClicked.connect(self._run)
        self._items = _items_of(groups)
        self.commands.addTopLevelItems(self._items)
        # Names of commands are never cut off; the reason beside may be.
        columns = self.commands.header()
        columns.setSectionResizeMode(0, columns.ResizeMode.ResizeToContents)
        self.setLayout(column_of(self.sought, self.commands, margins=(8, 8, 8, 8)))
        width, height = _SIZE
        self.resize(min(width, parent.width() - 40), min(height, parent.height() - 80))
        left = (parent.width() - self.width()) // 2
        self.move(parent.mapToGlobal(QPoint(left, _BELOW_TOP)))
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QKeyEvent) and event.key() in _MOVES:
            if event.type() == QEvent.Type.KeyPress:
                self.commands.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, sought: str) -> None:
        words = sought.casefold().split()
        for item in self._items:
            text = f"{item.text(0)} {item.toolTip(0)}".casefold()
            item.setHidden(not all(word in text for word in words))
        first = next((item for item in self._items if not item.isHidden()), None)
        # Cleared first, since a disabled command cannot become the current one.
        self.commands.setCurrentIndex(QModelIndex())
        if first is not None:
            self.commands.setCurrentItem(first)

    def _run(self) -> None:
        item: QTreeWidgetItem | None = self.commands.currentItem()
        if item is None or item.isHidden() or item.isDisabled():
            return
        action: QAction = item.data(0, _ACTION)
        self.accept()
        action.trigger()


def _items_of(groups: tuple[WindowActions, ...]) -> list[QTreeWidgetItem]:
    """Return one item per command; commands that can run now come first."""
    items = []
    for group in groups:
        for action in group.table:
            why_not = group.why_not(action.id)
            item = QTreeWidgetItem([f"{action.menu}: {action.text}", why_not or action.key_name])
            item.setToolTip(0, action.help)
            item.setToolTip(1, why_not)
            item.setData(0, _ACTION, group[action.id])
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
            item.setDisabled(bool(why_not))
            items.append(item)
    return sorted(items, key=lambda item: item.isDisabled())
