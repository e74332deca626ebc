"""The scope with its controls: time base, gain, channels and pause, by mouse or keys."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSpacerItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import key_of
from gui.scope.channel_chooser import ChannelChooser
from gui.scope.controls import FilterChoice, GainControl
from gui.scope.scope import Scope
from gui.widgets.buttons import add_stepper
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import named

# Between two groups of controls; with pages there are more of them.
_APART, _LESS_APART = 14, 2


class ScopePanel(QWidget):
    """A `Scope` above one row of controls.

    For ``above``, which chooses the display's filter and the channels, the row has no room where
    the window is small: it is placed by whom the panel belongs to.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scope = Scope()
        self.scope.view_changed.connect(self._show_view)
        self.time_base, self.page = plain(QLabel()), plain(QLabel())
        self._gaps: list[QSpacerItem] = []
        row = self._row = QHBoxLayout()
        row.setContentsMargins(6, 0, 5, 6)
        row.setSpacing(3)
        step = self.scope.step_time_base
        add_stepper(row, self.time_base, ("Shorter (Left)", "Longer (Right)"), step)
        row.addItem(self._gap())
        self.gain_control = GainControl(self.scope)
        self.kind, self.gain = self.gain_control.kind, self.gain_control.value
        row.addWidget(self.gain_control)
        row.addItem(self._gap())
        step = self.scope.step_page
        self._page_buttons = add_stepper(
            row, self.page, ("Channels before (Page Up)", "Next channels (Page Down)"), step
        )
        self.all = _toggle("All", "All channels at once, or a page of them (A)")
        self.all.clicked.connect(self.scope.show_all)
        row.addWidget(self.all)
        row.addItem(self._gap())
        tip = "Sweep (overwrite) or scroll (W)"
        self.sweep = _toggle("Sweep", tip)
        self.sweep.clicked.connect(self.scope.show_sweep)
        row.addWidget(self.sweep)
        self.pause = _toggle("Pause", "Hold the picture, or go on (Space)")
        self.pause.clicked.connect(self.scope.toggle_pause)
        row.addWidget(self.pause)
        tips = (f"Older ({key_of('older')}, wheel)", f"Newer ({key_of('newer')}, wheel)")
        self.back = QLabel("older / newer")
        add_stepper(row, self.back, tips, self.scope.look, "\u25c2\u25b8")
        row.addStretch()
        self.filter = FilterChoice(self.scope)
        self.channels = ChannelChooser()
        self.channels.chosen.connect(self.scope.choose_hidden)
        self.scope.stream_changed.connect(self.channels.set_stream)
        self.scope.channels_wanted.connect(self.channels.open)
        # What is above the traces; there is no room for it below them.
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
        column.addWidget(self.scope, 1)
        column.addLayout(row)
        self._show_view()

    def _gap(self) -> QSpacerItem:
        self._gaps.append(QSpacerItem(_APART, 0))
        return self._gaps[-1]

    def _show_view(self) -> None:
        scope = self.scope
        self.time_base.setText(f"{scope.view.time_base_s:g} s")
        paged = bool(scope.page_text)
        # With pages or several kinds there is no room for every word.
        self.gain_control.show_view(short=paged)
        self.channels.set_hidden(scope.view.hidden)
        several = len(scope.gains.kinds) > 1
        self.back.setVisible(not paged and not several)
        for gap in self._gaps:
            gap.changeSize(_LESS_APART if paged else _APART, 0)
        self._row.invalidate()
        self.page.setText(scope.page_text.split(" of ")[0] if several else scope.page_text)
        self.page.setToolTip(tip(scope.page_text))
        self.filter.show_view()
        self.sweep.setChecked(scope.view.sweep)
        self.pause.setChecked(scope.is_paused)
        self.all.setChecked(scope.view.all_shown)
        for widget in (self.page, self.all, *self._page_buttons):
            widget.setVisible(paged)


def _toggle(text: str, tip: str) -> QToolButton:
    toggle = QToolButton()
    toggle.setCheckable(True)
    toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    toggle.setText(text)
    toggle.setToolTip(tip)
    return toggle
