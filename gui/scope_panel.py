"""The scope with its controls: time base, gain, channels and filter, by mouse or keys."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.choice import Choice
from gui.display_filter import DISPLAY_FILTERS
from gui.scope import Scope
from gui.stepper import add_stepper

_APART = 4
_FILTER_WIDTH = 176


class ScopePanel(QWidget):
    """A `Scope` above one row of controls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scope = Scope()
        self.scope.view_changed.connect(self._show_view)
        self.time_base, self.gain, self.page = QLabel(), QLabel(), QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(4)
        step = self.scope.step_time_base
        add_stepper(row, self.time_base, ("Shorter (Left)", "Longer (Right)"), step)
        row.addSpacing(_APART)
        step = self.scope.step_gain
        add_stepper(row, self.gain, ("Smaller traces (Down)", "Larger traces (Up)"), step)
        row.addSpacing(_APART)
        step = self.scope.step_page
        self._page_buttons = add_stepper(
            row, self.page, ("Channels before (Page Up)", "Next channels (Page Down)"), step
        )
        self.all = _toggle("All", "All channels at once, or a page of them (A)")
        self.all.clicked.connect(self.scope.show_all)
        row.addWidget(self.all)
        row.addSpacing(_APART)
        tip = "Let the newest sweep over traces that stand, or let all scroll (W)"
        self.sweep = _toggle("Sweep", tip)
        self.sweep.clicked.connect(self.scope.show_sweep)
        row.addWidget(self.sweep)
        self.pause = _toggle("Pause", "Hold the picture, or go on (Space)")
        self.pause.clicked.connect(self.scope.toggle_pause)
        row.addWidget(self.pause)
        tips = ("Look further back (Shift+Left, wheel)", "Less far back (Shift+Right, wheel)")
        add_stepper(row, QLabel("back"), tips, self.scope.look, "\u25c2\u25b8")
        row.addStretch()
        self.filter = Choice()
        self.filter.setFixedWidth(_FILTER_WIDTH)
        self.filter.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.filter.addItems([each.name for each in DISPLAY_FILTERS])
        self.filter.activated.connect(lambda k: self.scope.set_filter(DISPLAY_FILTERS[k]))
        row.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.scope, 1)
        column.addLayout(row)
        self._show_view()

    def _show_view(self) -> None:
        scope = self.scope
        self.time_base.setText(f"{scope.time_base_s:g} s")
        self.gain.setText(scope.gain_text)
        self.page.setText(scope.page_text)
        self.filter.setCurrentIndex(DISPLAY_FILTERS.index(scope.filter))
        about = "The filter of the picture only; what is decoded and recorded is left as it is (F)"
        # A slow stream has no room for all of it.
        narrower = scope.note and scope.note != scope.filter.name
        self.filter.setToolTip(about + (f"\nhere: {scope.note}" if narrower else ""))
        self.sweep.setChecked(scope.sweep)
        self.pause.setChecked(scope.is_paused)
        self.all.setChecked(scope.shows_all)
        for widget in (self.page, self.all, *self._page_buttons):
            widget.setVisible(bool(scope.page_text))


def _toggle(text: str, tip: str) -> QToolButton:
    toggle = QToolButton()
    toggle.setCheckable(True)
    toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    toggle.setText(text)
    toggle.setToolTip(tip)
    return toggle
