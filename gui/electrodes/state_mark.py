"""State of signal and engine in one mark; the words beside it give the reason."""

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from bci.quality.channel_quality import State
from gui.actions import key_of
from gui.plots.quality_marks import paint_mark
from gui.theme import DARK, Theme
from gui.widgets.labels import tip


class StateMark(QWidget):
    """A disc while all is well, a triangle where something deserves a look, a cross for nothing.

    A click acknowledges the losses so far.
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.state = State.BAD
        self.setFixedSize(22, 20)
        self.setAccessibleName("State")
        self.setToolTip(
            tip(f"Click, or press {key_of('acknowledge')}, to acknowledge the losses so far.")
        )

    def show_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.setAccessibleDescription(state.word)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_mark(painter, self.theme, self.state, QPointF(13, 10), 6.5)
