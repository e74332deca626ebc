"""A line under a view: the signal that it is made of, or why the view stands still."""

from PySide6.QtWidgets import QLabel

from gui.widgets.labels import plain
from gui.widgets.layouts import mark_wrong, named


class SourceLine(QLabel):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._source = source
        plain(named(self, "problem"))

    def set_trouble(self, why: str) -> None:
        """Show why the view stands still; empty while it does not."""
        self.setText(why or self._source)
        mark_wrong(self, bool(why))
