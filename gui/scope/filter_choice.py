"""Choosing how the scope filters what it shows."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.scope.display_filter import DISPLAY_FILTERS
from gui.scope.scope import Scope
from gui.widgets.combo_box import ComboBox

_WIDTH = 176
_ABOUT = "The filter of the picture only; decoding and recording do without it (F)"


class FilterChoice(ComboBox):
    """The display's filters; the tooltip tells what a slow stream leaves of the chosen one.

    Parameters
    ----------
    scope : Scope
    """

    def __init__(self, scope: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scope = scope
        self.setFixedWidth(_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addItems([each.name for each in DISPLAY_FILTERS])
        self.activated.connect(lambda k: scope.set_filter(DISPLAY_FILTERS[k]))

    def show_view(self) -> None:
        """Show the filter that is chosen now."""
        scope = self._scope
        self.setCurrentIndex(DISPLAY_FILTERS.index(scope.view.filter))
        narrower = scope.note and scope.note != scope.view.filter.name
        self.setToolTip(_ABOUT + (f"\nhere: {scope.note}" if narrower else ""))
