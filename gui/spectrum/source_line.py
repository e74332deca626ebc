"""A line under a view: the signal that it is made of, or why the view stands still."""

from PySide6.QtWidgets import QLabel

from gui.widgets.labels import plain
from gui.widgets.layouts import mark_wrong, named


class SourceLine(QLabel):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._source, self._shown, self._why = source, "", ""
        plain(named(self, "problem"))

    def set_trouble(self, why: str) -> None:
        """Show why the view stands still; empty while it does not."""
        self._why = why
        self._write()

    def set_shown(self, how: str) -> None:
        """Name the reference and cleaning of the signal; empty where it is as recorded."""
        self._shown = how
        self._write()

    def _write(self) -> None:
        self.setText(self._why or "; ".join(filter(None, (self._shown, self._source))))
        mark_wrong(self, bool(self._why))
