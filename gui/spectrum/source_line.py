"""A line under a view: the signal that is analysed, or why the view stands still."""

from PySide6.QtWidgets import QLabel

from gui.widgets.labels import plain
from gui.widgets.layouts import mark_wrong, named


class SourceLine(QLabel):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._source, self._shown, self._why = source, "", ""
        plain(named(self, "problem"))

    def set_trouble(self, why: str) -> None:
        """Show ``why`` the view stands still; empty text removes it."""
        self._why = why
        self._write()

    def set_shown(self, how: str) -> None:
        """Set the words on reference and cleaning of the signal; empty if it has neither."""
        self._shown = how
        self._write()

    def _write(self) -> None:
        self.setText(self._why or "; ".join(filter(None, (self._shown, self._source))))
        mark_wrong(self, bool(self._why))
