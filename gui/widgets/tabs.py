"""Pages in one place, with a calm row of tabs above them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.actions import tip_of
from gui.widgets.buttons import button
from gui.widgets.layouts import named


class Tabs(QWidget):
    """One page of several is shown; each has a tab with its name, from left to right."""

    changed = Signal(str)

    def __init__(self, pages: dict[str, QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages, self._names = pages, list(pages)
        self._stack = named(QStackedWidget(), "plain")
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(8, 3, 8, 0)
        row.setSpacing(2)
        for number, (name, page) in enumerate(pages.items()):
            tab = named(button(name, tip_of(f"page-{name.lower()}")), "tab")
            tab.setCheckable(True)
            self._group.addButton(tab, number)
            self._stack.addWidget(page)
            row.addWidget(tab)
        row.addStretch()
        self._row, self._beside = row, dict[str, QWidget]()
        self._group.idClicked.connect(lambda number: self.show_page(self._names[number]))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self._group.button(0).setChecked(True)

    @property
    def page(self) -> str:
        """The word on the tab of the page that is shown."""
        return self._names[self._stack.currentIndex()]

    def put_beside(self, name: str, control: QWidget) -> None:
        """Put a page's control at the right of the tabs; it is there while the page is."""
        self._beside[name] = control
        self._row.addWidget(control)
        control.setVisible(name == self.page)

    def offer(self, name: str, offered: bool) -> None:
        """Offer a page, or withdraw it; the first page replaces a withdrawn one that is shown."""
        tab = self._group.button(self._names.index(name))
        tab.setVisible(offered)
        tab.setEnabled(offered)
        if name == self.page and not offered:
            self.show_page(self._names[0])

    def offers(self, name: str) -> bool:
        """Return whether a page can be shown now."""
        return name in self._names and self._group.button(self._names.index(name)).isEnabled()

    def show_page(self, name: str) -> None:
        """Show a page, and give it the keys; a name that is not offered changes nothing."""
        if not self.offers(name):
            return
        number = self._names.index(name)
        self._group.button(number).setChecked(True)
        self._stack.setCurrentIndex(number)
        for page, control in self._beside.items():
            control.setVisible(page == name)
        self._pages[name].setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.changed.emit(name)
