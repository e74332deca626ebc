"""How all is, in one mark that is seen from afar; the words beside it say why."""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from bci.quality import State
from gui.quality_marks import WORDS, paint_mark
from gui.theme import DARK, Theme


class StateMark(QWidget):
    """A disc while all is well, a triangle where something deserves a look, a cross for nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.state = State.BAD
        self.setFixedSize(22, 20)
        self.setAccessibleName("State")

    def show_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.setAccessibleDescription(WORDS[state])
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_mark(painter, self.theme, self.state, QPointF(13, 10), 6.5)
