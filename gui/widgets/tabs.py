"""Pages in one place, with a calm row of tabs above them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from gui.actions import tip_of


class Tabs(QTabWidget):
    """One page of several is shown; each has a tab with its name, from left to right."""

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
        """The word on the tab of the page that is shown."""
        return self._names[self.currentIndex()]

    def put_beside(self, name: str, control: QWidget) -> None:
        """Put a page's control at the right of the tabs; it is there while the page is."""
        self._beside[name] = control
        control.setContentsMargins(0, 2, 8, 0)
        self.setCornerWidget(control)
        control.setVisible(name == self.page)

    def offer(self, name: str, offered: bool) -> None:
        """Offer a page, or withdraw it; the first page replaces a withdrawn one that is shown."""
        if name == self.page and not offered:
            self.show_page(self._names[0])
        self.setTabVisible(self._names.index(name), offered)

    def offers(self, name: str) -> bool:
        """Return whether a page can be shown now."""
        return name in self._names and self.isTabVisible(self._names.index(name))

    def show_page(self, name: str) -> None:
        """Show a page, and give it the keys; a name that is not offered changes nothing."""
        if self.offers(name):
            self.setCurrentIndex(self._names.index(name))
            self.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_changed(self) -> None:
        for page, control in self._beside.items():
            control.setVisible(page == self.page)
        # By the arrow keys one continues along the tabs.
        if not self.tabBar().hasFocus():
            self.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.changed.emit(self.page)
