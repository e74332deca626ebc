"""Labels for plain text of any length, which never widens a window."""

import re
from html import escape

from PySide6.QtCore import QRegularExpression, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QRegularExpressionValidator
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QStyle, QStyleOptionFrame

from gui.actions import with_key

# Heights in pixels of a history view, and of the hint in its place.
HISTORY_HEIGHT, HINT_HEIGHT = 150, 36
NO_ENGINE = with_key("no engine: press Start engine", "engine")
STARTING = "the engine is starting ..."

_MIN_WIDTH = 24
_MAX_LETTERS = 300
_LONGEST_WORD = 24
# Zero-width space, at which a line may break.
_BREAK = "\u200b"
# A word that is too long for a line, such as a path.
_LONG = re.compile(rf"\S{{{_LONGEST_WORD},}}")


def plain(label: QLabel) -> QLabel:
    # Plain text, so that a stream's name is never read as markup.
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def tip(text: str) -> str:
    """Return a tooltip that shows ``text`` as plain text, never as markup."""
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>" if text else ""


class ElidedLabel(QLabel):
    """One line of plain text, cut off at the end; the tooltip has the whole text."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        plain(self)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        super().setText(text)
        self.setToolTip(tip(text))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        least = super().minimumSizeHint()
        return QSize(min(_MIN_WIDTH, least.width()), least.height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        text = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, self.alignment(), text)


class ElidedLine(QLineEdit):
    """A text field, cut off without the focus; the tooltip has the whole text."""

    def __init__(self) -> None:
        super().__init__()
        self.textChanged.connect(lambda text: self.setToolTip(tip(text)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        style, element = self.style(), QStyle.SubElement.SE_LineEditContents
        # Qt leaves two pixels free at both sides of the text.
        room = style.subElementRect(element, option, self).adjusted(2, 0, -2, 0)
        elide = Qt.TextElideMode.ElideRight
        text = self.fontMetrics().elidedText(self.text(), elide, room.width())
        if self.hasFocus() or text == self.text():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)


def label_field(text: str, about: str) -> QLineEdit:
    """Make a field for a BIDS label, of letters and digits; ``about`` is its tooltip."""
    field = QLineEdit(text, maxLength=40)
    field.setValidator(QRegularExpressionValidator(QRegularExpression("[A-Za-z0-9]*")))
    field.setToolTip(about)
    return field


class Sentence(QLabel):
    """Wrapped plain text, cut off after ``max_letters``; the tooltip has all of it."""

    def __init__(self, text: str = "", max_letters: int = _MAX_LETTERS) -> None:
        super().__init__()
        self._max_letters = max_letters
        plain(self)
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        shown = text if len(text) <= self._max_letters else f"{text[: self._max_letters - 4]} ..."
        self._text = shown
        super().setText(_LONG.sub(_with_breaks, shown))
        self.setToolTip(tip(text) if shown != text else "")

    def text(self) -> str:
        """Return the shown text, without the breaks inside its words."""
        return self._text

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        least = super().minimumSizeHint()
        return QSize(min(least.width(), 160), least.height())


def _with_breaks(word: re.Match[str]) -> str:
    pieces = re.findall(rf"[^/\\_]{{1,{_LONGEST_WORD}}}[/\\_]?|[/\\_]", word[0])
    return _BREAK.join(pieces)
