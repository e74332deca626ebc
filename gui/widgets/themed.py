"""Views in the colours of a theme."""

from typing import Any

from PySide6.QtWidgets import QWidget

from gui.theme import DARK, Theme


class Themed:
    """A widget with a theme; setting it gives the theme to all views within, too."""

    _theme: Theme = DARK

    @property
    def theme(self) -> Theme:
        return self._theme

    @theme.setter
    def theme(self, theme: Theme) -> None:
        assert isinstance(self, QWidget)
        # The innermost first: a view draws when its parts have their colours.
        view: Any
        for view in (*reversed(self.findChildren(QWidget)), self):
            if isinstance(view, Themed):
                view._theme = theme
                view.apply_theme()
            elif hasattr(view, "theme"):
                # Of a plug-in, see `gui.decisions.decision_view.DecisionView`.
                view.theme = theme
                view.refresh()

    def apply_theme(self) -> None:
        """Take the colours of the theme."""
