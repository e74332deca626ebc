"""The window of several people: one card per engine, and the error of the clocks."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from gui.actions import PEOPLE, WindowActions, tip_of
from gui.people.card import PersonCard
from gui.settings import DashboardSettings
from gui.theme import DARK, LIGHT, THEMES, Theme, system_theme
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.scroll_areas import scrolled
from gui.widgets.themed import Themed
from gui.widgets.window_size import resize_within_screen

_FRAME_MS = 66
_ROOM = QSize(1280, 800)
_CARD_WIDTH, _CARD_HEIGHT, _NARROWEST = 310, 448, 230
_CLOCKS_UNKNOWN = "The clocks of the streams are not known yet."
_MOST_COLUMNS, _BUTTON_WIDTH = 5, 80


class PeopleWindow(Themed, QWidget):
    """A window with one card per engine.

    Parameters
    ----------
    names : sequence of str
        Names of the engines, as their profiles have them.
    remembered : DashboardSettings, optional
        Settings of the dashboard, of which the theme is used.
    """

    def __init__(self, names: Sequence[str], remembered: DashboardSettings | None = None) -> None:
        super().__init__()
        self.setWindowTitle("People - bci")
        self._n_columns = 0
        self.cards = [PersonCard(name) for name in names]
        self.clocks = named(ElidedLabel(_CLOCKS_UNKNOWN), "dim")
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        self._theme_button = button("Light", tip_of("people-theme"), self.toggle_theme)
        for card in self.cards:
            card.changed.connect(self._show_common)
        self._lay_out()
        WindowActions(self, PEOPLE, {"people-theme": self.toggle_theme, "people-close": self.close})
        chosen = THEMES.get(remembered.theme) if remembered is not None else None
        self.theme = chosen or system_theme()
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._advance)

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        self._grid.setSpacing(9)
        self._grid.setContentsMargins(0, 0, 0, 0)
        content = QWidget()
        content.setLayout(self._grid)
        title = named(QLabel("People"), "title")
        self.clocks.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        header = row_of(title, self.badge, (self.clocks, 1), self._theme_button, spacing=12)
        self._theme_button.setFixedWidth(_BUTTON_WIDTH)
        self.setLayout(column_of(header, (scrolled(content), 1), margins=(9, 7, 9, 9), spacing=9))
        n_columns = min(_MOST_COLUMNS, max(2, len(self.cards)))
        n_rows = math.ceil(len(self.cards) / n_columns)
        wanted = QSize(n_columns * _CARD_WIDTH, 60 + n_rows * _CARD_HEIGHT)
        resize_within_screen(self, wanted.boundedTo(_ROOM))
        self._arrange()

    def _arrange(self) -> None:
        """Place as many cards side by side as fit, with rows of equal length."""
        fit = max(1, self.width() // _NARROWEST)
        n_rows = math.ceil(len(self.cards) / min(fit, _MOST_COLUMNS))
        n_columns = math.ceil(len(self.cards) / max(1, n_rows))
        if n_columns == self._n_columns:
            return
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        self._n_columns = n_columns
        for k, card in enumerate(self.cards):
            row, column = divmod(k, n_columns)
            self._grid.addWidget(card, row, column, Qt.AlignmentFlag.AlignTop)
            self._grid.setColumnStretch(column, 1)
        self._grid.setRowStretch(n_rows, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        self._arrange()
        super().resizeEvent(event)

    def follow(self) -> None:
        """Begin to read the streams of all engines."""
        for card in self.cards:
            card.follow()
        self._timer.start()

    def toggle_theme(self) -> None:
        """Switch between the dark and the light theme."""
        self.theme = LIGHT if self.theme is DARK else DARK

    def apply_theme(self) -> None:
        theme: Theme = self.theme
        self.setStyleSheet(theme.style_sheet())
        self._theme_button.setText("Light" if theme is DARK else "Dark")

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self._timer.stop()
        for card in self.cards:
            card.retire()
        super().closeEvent(event)

    def _advance(self) -> None:
        for card in self.cards:
            card.advance()

    def _show_common(self) -> None:
        self.badge.setVisible(any(card.is_simulated for card in self.cards))
        statuses = [card.status for card in self.cards if card.status is not None]
        errors = sorted(s.clock_error_s for s in statuses if s.clock_error_s is not None)
        if len(errors) < 2:
            self.clocks.setText(_CLOCKS_UNKNOWN)
            return
        ms = 1000 * sum(errors[-2:])
        self.clocks.setText(f"Clock offsets: ± {ms:.2f} ms")
