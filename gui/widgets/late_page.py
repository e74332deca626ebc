"""A placeholder for a page that is made when it is first needed."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.widgets.layouts import column_of
from gui.widgets.themed import Themed

P = TypeVar("P", bound=QWidget)


class LatePage(Themed, QWidget, Generic[P]):
    """The place of a page, which is made when it is first shown or accessed.

    ``make`` makes the page. This saves time at the start, since plots take long to make.
    """

    made = Signal(object)  # the page

    def __init__(self, make: Callable[[], P]) -> None:
        super().__init__()
        self._make = make
        self.existing: P | None = None
        """The page; None before it was made."""
        self._place = column_of()
        self.setLayout(self._place)

    @property
    def page(self) -> P:
        """The page, which is made at the first access."""
        if self.existing is None:
            self.existing = page = self._make()
            self._place.addWidget(page)
            self.setFocusProxy(page)
            # Applies the theme to this widget and the new page.
            self.theme = self.theme
            self.made.emit(page)
            if self.isVisible():
                page.show()
        return self.existing

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        assert self.page is not None
        super().showEvent(event)
