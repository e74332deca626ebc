"""One symbol for the state of signal and engine; text beside it has the reason."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel

from bci.quality.channel_quality import State
from gui.actions import key_of
from gui.plots.quality_marks import mark_pixmap
from gui.widgets.labels import tip
from gui.widgets.themed import Themed

_SIZE = 18


class StateMark(Themed, QLabel):
    """A disc if all is well, a triangle if something needs a look, else a cross.

    A click acknowledges the losses so far.
    """

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state = State.BAD
        self.setFixedSize(30, 20)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName("State")
        self.setToolTip(
            tip(f"Click, or press {key_of('acknowledge')}, to acknowledge the losses so far.")
        )
        self.apply_theme()

    def apply_theme(self) -> None:
        self.setPixmap(mark_pixmap(self.theme, self.state, _SIZE))

    def show_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.setAccessibleDescription(state.word)
            self.apply_theme()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
