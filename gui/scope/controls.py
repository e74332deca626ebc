"""Gain and filter of a scope, chosen by mouse."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from bci.pipeline.display_filter import DISPLAY_FILTERS
from gui.scope.scope import Scope
from gui.widgets.buttons import add_stepper
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import named

_GAIN = "What the height of a row stands for"
_MAX_KINDS = 10
_WIDEST = "500 µV"
_FILTER = "The filter of the picture only; decoding and recording do without it (F)"
_FILTER_WIDTH = 176


class GainControl(QWidget):
    """Steps the gain of one kind of channel; where there are several, a button goes through them.

    Parameters
    ----------
    scope : Scope
    """

    def __init__(self, scope: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self._scope = scope
        self.kind = named(QToolButton(), "step")
        self.kind.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.kind.setToolTip("The kind of channel whose gain is changed (G)")
        self.kind.clicked.connect(scope.step_kind)
        # A unit is the stream's own word: shown as it is.
        self.value = plain(QLabel())
        self.value.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.fit = named(QToolButton(), "step")
        self.fit.setText("Fit")
        self.fit.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fit.setToolTip("Fit all gains to the signal (0)")
        self.fit.clicked.connect(scope.fit_gains)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.kind)
        tips = ("Smaller traces (Down)", "Larger traces (Up)")
        add_stepper(row, self.value, tips, scope.step_gain)
        row.addWidget(self.fit)

    def show_view(self, short: bool = False) -> None:
        """Show the gain as it is now; ``short`` where there is little room."""
        scope, gains = self._scope, self._scope.gains
        several = len(gains.kinds) > 1
        self.kind.setVisible(several)
        self.fit.setVisible(not short)
        self.kind.setText(scope.view.kind.label)
        text, short = scope.gain_text, short or several
        self.value.setText(text.removesuffix(" a row") if short else text)
        # The button beside it must not move under the mouse.
        widest = _WIDEST if short else f"{_WIDEST} a row"
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance(widest))
        each = [f"{kind.label}: {gains.text(kind)}" for kind in gains.kinds[:_MAX_KINDS]]
        self.value.setToolTip(tip("\n".join([_GAIN, *each])))


class FilterChoice(ComboBox):
    """The display's filters; the tooltip names what a slow stream leaves of the chosen one.

    Parameters
    ----------
    scope : Scope
    """

    def __init__(self, scope: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scope = scope
        self.setFixedWidth(_FILTER_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addItems([each.name for each in DISPLAY_FILTERS])
        self.activated.connect(lambda k: scope.set_filter(DISPLAY_FILTERS[k]))

    def show_view(self) -> None:
        """Show the filter that is chosen now."""
        scope = self._scope
        self.setCurrentIndex(DISPLAY_FILTERS.index(scope.view.filter))
        narrower = scope.note and scope.note != scope.view.filter.name
        self.setToolTip(_FILTER + (f"\nhere: {scope.note}" if narrower else ""))
