"""A label for a sentence of any length: it wraps, and never makes its window wider or higher."""

import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QWidget

from gui.widgets.pieces import plain, tip

_MOST_LETTERS = 300
_LONGEST_WORD = 24
# A place where a line may break, and that takes no room.
_BREAK = "\u200b"


class Sentence(QLabel):
    """Wrapped plain text, cut after ``most`` letters; what is cut is in the tooltip."""

    def __init__(
        self, text: str = "", most: int = _MOST_LETTERS, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._most = most
        plain(self)
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        shown = text if len(text) <= self._most else f"{text[: self._most - 4]} ..."
        self._text = shown
        super().setText(breakable(shown))
        self.setToolTip(tip(text) if shown != text else "")

    def text(self) -> str:
        """Text that is shown, without the breaks inside its words."""
        return self._text

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """No word is so long that it keeps a window from being narrow."""
        least = super().minimumSizeHint()
        return QSize(min(least.width(), 160), least.height())


def breakable(text: str) -> str:
    """The text with breaks inside words that are too long for a line, as paths are."""
    return re.sub(rf"\S{{{_LONGEST_WORD},}}", _with_breaks, text)


def _with_breaks(word: re.Match[str]) -> str:
    pieces = re.findall(rf"[^/\\_]{{1,{_LONGEST_WORD}}}[/\\_]?|[/\\_]", word[0])
    return _BREAK.join(pieces)


class Scrolled(QScrollArea):
    """Room for wrapped text: as high as the text, or less where there is less; then it scrolls."""

    def __init__(self, held: QWidget, lines: int = 3, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines, self._held = lines, held
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(held)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        high = self._held.heightForWidth(max(self.width(), 160))
        return QSize(self._held.sizeHint().width(), high)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        least = self._lines * self.fontMetrics().lineSpacing() + 8
        return QSize(160, min(least, self.sizeHint().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()
