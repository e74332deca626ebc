"""The log: messages of the programs, one plain line per message, with the time."""

import re
import time

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

_MAX_LINES = 1000
_MIN_HEIGHT, _MAX_HEIGHT = 44, 120
# Escape sequences and control characters that a program writes for a terminal.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class LogPanel(QPlainTextEdit):
    """A read-only text that scrolls to the newest line, unless scrolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setMaximumBlockCount(_MAX_LINES)
        # In a low window, the log is lower, to leave space for the views above.
        self.setMinimumHeight(_MIN_HEIGHT)
        self.setMaximumHeight(_MAX_HEIGHT)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setPlaceholderText("No messages yet.")
        self.setAccessibleName("Log")
        self._last = ""
        self._times = 1

    def add(self, sentence: str) -> None:
        """Add a line; for a repeated sentence, only its count is increased."""
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
