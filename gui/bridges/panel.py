"""The panel of all bridges, one below the other."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from bci.messages import PluginEntry
from gui.bridges.bridge_row import BridgeRow
from gui.widgets.labels import Sentence
from gui.widgets.layouts import clear, column_of, named

_ABOUT = "Pass decisions on to other programs. A bridge cannot slow the engine."


class BridgesPanel(QWidget):
    """One row per bridge; the bridges are listed when the panel is first shown."""

    shown = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, BridgeRow] = {}
        self.hint = named(Sentence("Looking for bridges ..."), "dim")
        self._rows = column_of(spacing=2)
        parts = named(Sentence(_ABOUT), "dim"), self.hint, self._rows, None
        self.setLayout(column_of(*parts, margins=(10, 8, 10, 10), spacing=6))

    def set_bridges(
        self, bridges: tuple[PluginEntry, ...], filled: dict[str, dict[str, str]]
    ) -> None:
        """Show a row for each bridge; ``filled`` has parameter values by bridge name."""
        clear(self._rows)
        self.rows = {each.name: BridgeRow(each, filled.get(each.name, {})) for each in bridges}
        for row in self.rows.values():
            self._rows.addWidget(row)
        self.show_hint("" if bridges else "There is no bridge: install a package with one.")

    def show_hint(self, hint: str) -> None:
        """Show ``hint``, the reason why no bridge is listed; empty text hides it."""
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.shown.emit()
