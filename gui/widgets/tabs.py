"""Pages in one place, with a row of tabs above them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from gui.actions import tip_of


class Tabs(QTabWidget):
    """A tab widget for ``pages`` by name, in order from left to right."""

    changed = Signal(str)

    def __init__(self, pages: dict[str, QWidget]) -> None:
        super().__init__()
        self._names = list(pages)
        self._beside: dict[str, QWidget] = {}
        for name, page in pages.items():
            self.setTabToolTip(self.addTab(page, name), tip_of(f"page-{name.lower()}"))
        self.tabBar().setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.currentChanged.connect(self._on_changed)

    @property
    def page(self) -> str:
        """The name of the shown page."""
        return self._names[self.currentIndex()]

    def put_beside(self, name: str, control: QWidget) -> None:
        """Show ``control`` at the right of the tabs while the page ``name`` is shown."""
        self._beside[name] = control
        control.setContentsMargins(0, 2, 8, 0)
        self.setCornerWidget(control)
        control.setVisible(name == self.page)

    def offer(self, name: str, offered: bool) -> None:
        """Show or hide the tab of a page; the first page replaces a shown page."""
        if name == self.page and not offered:
            self.show_page(self._names[0])
        self.setTabVisible(self._names.index(name), offered)

    def offers(self, name: str) -> bool:
        """Return whether the page ``name`` exists and its tab is not hidden."""
        return name in self._names and self.isTabVisible(self._names.index(name))

    def show_page(self, name: str) -> None:
        """Show a page with the keyboard focus; ignore a name that is not offered."""
        if self.offers(name):
            self.setCurrentIndex(self._names.index(name))
            self.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_changed(self) -> None:
        for page, control in self._beside.items():
            control.setVisible(page == self.page)
        # The tabs keep the focus, so that the arrow keys move along the tabs.
        if not self.tabBar().hasFocus():
            self.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.changed.emit(self.page)
