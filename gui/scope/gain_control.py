"""The scope's gain: how much a row stands for, of which kind of channel, and larger or smaller."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from gui.scope.scope import Scope
from gui.widgets.buttons import add_stepper
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import named

_ABOUT = "What the height of a row stands for"
_MOST_KINDS = 10
_WIDEST = "500 µV"


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
        each = [f"{kind.label}: {gains.text(kind)}" for kind in gains.kinds[:_MOST_KINDS]]
        self.value.setToolTip(tip("\n".join([_ABOUT, *each])))
