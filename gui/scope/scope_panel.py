"""The scope with its controls: time base, gain, channels and pause, by mouse or keys."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.actions import key_of, tip_of
from gui.scope.channel_chooser import ChannelChooser
from gui.scope.controls import FilterChoice, ViewControls, tool
from gui.scope.scope import Scope
from gui.widgets.buttons import add_stepper
from gui.widgets.layouts import named


class ScopePanel(QWidget):
    """A `Scope` above one row of controls.

    For ``above``, which chooses the display's filter and the channels, the row has no room where
    the window is small: it is placed by whom the panel belongs to.
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
        row = QHBoxLayout()
        row.setContentsMargins(6, 0, 5, 6)
        row.setSpacing(3)
        for control in (self.controls, self.all, self.sweep, self.pause):
            row.addWidget(control)
        tips = (f"Older ({key_of('older')}, wheel)", f"Newer ({key_of('newer')}, wheel)")
        add_stepper(row, self.back, tips, scope.look, "\u25c2\u25b8")
        row.addStretch()
        self.filter, self.channels = FilterChoice(scope), ChannelChooser(scope)
        # Above the traces, as there is no room for it below them.
        self.above = named(QWidget(), "plain")
        beside = QHBoxLayout(self.above)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(4)
        beside.addStretch()
        beside.addWidget(self.channels)
        beside.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(scope, 1)
        column.addLayout(row)
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
