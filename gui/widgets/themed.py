"""Base class of widgets that have the colours of a theme."""

from typing import Any

from PySide6.QtWidgets import QWidget

from gui.theme import DARK, Theme


class Themed:
    """A widget with a theme; setting it also sets the theme of all views inside."""

    _theme: Theme = DARK

    @property
    def theme(self) -> Theme:
        return self._theme

    @theme.setter
    def theme(self, theme: Theme) -> None:
        assert isinstance(self, QWidget)
        # Innermost views first, so that a view draws when its parts have their colours.
        view: Any
        for view in (*reversed(self.findChildren(QWidget)), self):
            if isinstance(view, Themed):
                view._theme = theme
                view.apply_theme()
            elif hasattr(view, "theme"):
                # The view of a plug-in, see `gui.decisions.decision_view.DecisionView`.
                view.theme = theme
                view.refresh()

    def apply_theme(self) -> None:
        """Apply the colours of `theme`; for subclasses."""
