"""The screen before a run: the instruction, or the condition that is not yet met."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter

from bci.stimulus.frames import Frame
from gui.paradigms.board import SymbolBoard
from gui.paradigms.board_painter import BoardPainter


class MessageScene:
    """A scene with a sentence below the text to copy; it has no markers."""

    def __init__(self, wanted: str = "", note: str = "") -> None:
        self.sentence = ""
        self.keys = ""
        self.note = note
        self._wanted = wanted.upper()
        self._painter = BoardPainter()

    def advance(self, _frame: Frame) -> Sequence[str]:
        return ()

    def paint(self, painter: QPainter, size: QSize) -> None:
        """Paint a frame; ``size`` is in logical pixels."""
        board = SymbolBoard(
            (), 1, wanted=self._wanted, sentence=self.sentence, keys=self.keys, note=self.note
        )
        self._painter.paint(painter, size, board)

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Do nothing: the scene has no markers."""
