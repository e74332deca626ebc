"""The scope with its controls: time base, gain, channels and pause."""

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from gui.actions import key_of, tip_of
from gui.scope.channel_chooser import ChannelChooser
from gui.scope.controls import FilterChoice, ViewControls
from gui.scope.scope import Scope
from gui.scope.shown_line import ShownLine
from gui.widgets.buttons import step_buttons, tool
from gui.widgets.layouts import as_widget, column_of, row_of


class ScopePanel(QWidget):
    """A `Scope` between the line of reference and cleaning and a row of controls.

    ``above`` has the choices of filter and channels. The owner of the panel places it elsewhere,
    since the row has no space for it in a small window.
    """

    def __init__(self) -> None:
        super().__init__()
        scope = self.scope = Scope()
        scope.view_changed.connect(self._show_view)
        self.controls = ViewControls(scope)
        self.all = _toggle("All", "all", lambda shown: scope.choose(all_shown=shown))
        self.sweep = _toggle("Sweep", "sweep", lambda shown: scope.choose(sweep=shown))
        self.pause = _toggle("Pause", "pause", scope.toggle_pause)
        self.back = QLabel("older / newer")
        tips = (f"Older ({key_of('older')}, wheel)", f"Newer ({key_of('newer')}, wheel)")
        older, newer = step_buttons(tips, scope.look, "\u25c2\u25b8")
        buttons = self.controls, self.all, self.sweep, self.pause, older, self.back, newer, None
        row = row_of(*buttons, margins=(6, 0, 5, 6), spacing=3)
        self.filter, self.channels = FilterChoice(scope), ChannelChooser(scope)
        # Placed above the traces, since there is no space below them.
        self.above = as_widget(row_of(None, self.channels, self.filter, spacing=4))
        self.shown = ShownLine(scope)
        self.setLayout(column_of(self.shown, (scope, 1), row, spacing=3))
        self._show_view()

    def _show_view(self) -> None:
        scope, is_paged = self.scope, bool(self.scope.page_text)
        self.back.setVisible(not is_paged and len(scope.gains.kinds) <= 1)
        self.all.setVisible(is_paged)
        self.all.setChecked(scope.view.all_shown)
        self.sweep.setChecked(scope.view.sweep)
        self.pause.setChecked(scope.is_paused)


def _toggle(text: str, action: str, clicked: Callable[..., object]) -> QToolButton:
    toggle = tool(text, tip_of(action), clicked)
    toggle.setCheckable(True)
    return toggle
