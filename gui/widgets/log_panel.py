"""Messages of the programs, one plain sentence a line, with the time."""

import re
import time

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

_MAX_LINES = 1000
_MIN_HEIGHT, _MAX_HEIGHT = 44, 120
# Colours and such that a program writes for a terminal.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class LogPanel(QPlainTextEdit):
    """Read only; the newest line is in sight as long as nobody scrolls back."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setMaximumBlockCount(_MAX_LINES)
        # Where the window is low it gives room to what is above it.
        self.setMinimumHeight(_MIN_HEIGHT)
        self.setMaximumHeight(_MAX_HEIGHT)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setPlaceholderText("No messages yet.")
        self.setAccessibleName("Log")
        self._last = ""
        self._times = 1

    def add(self, sentence: str) -> None:
        """One more sentence; of one that repeats itself only the count grows."""
        sentence = " ".join(_ESCAPES.sub("", sentence).split())
        if not sentence:
            return
        if sentence == self._last:
            self._times += 1
            cursor = self.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.movePosition(cursor.MoveOperation.StartOfBlock, cursor.MoveMode.KeepAnchor)
            cursor.insertText(_line(f"{sentence} ({self._times} times)"))
            return
        self._last, self._times = sentence, 1
        self.appendPlainText(_line(sentence))


def _line(sentence: str) -> str:
    return f"{time.strftime('%H:%M:%S')}  {sentence}"
