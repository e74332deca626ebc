"""Scroll areas that are no larger than their content needs."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

# Qt's maximum size of a widget, which means no limit.
_ANY = 16_777_215


def scrolled(view: QWidget) -> QScrollArea:
    """Return ``view`` in a column that scrolls if the screen is too low for it."""
    room = _ScrollArea(view)
    room.setObjectName("column")
    if width := view.minimumWidth():
        room.setFixedWidth(width)
    view.setMinimumWidth(0)
    view.setMaximumWidth(_ANY)
    return room


class _ScrollArea(QScrollArea):
    """A frameless scroll area of one widget, which scrolls vertically only."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


class FitHeightScrollArea(_ScrollArea):
    """A scroll area that is no higher than its content needs."""

    def __init__(self, content: QWidget) -> None:
        super().__init__(content)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        content: QWidget | None = self.widget()
        return (
            content.sizeHint().expandedTo(content.minimumSize()) if content else super().sizeHint()
        )


class TextScrollArea(_ScrollArea):
    """A scroll area for wrapped text, as high as the text, or lower if space lacks.

    ``lines`` is the minimum height in lines.
    """

    def __init__(self, content: QWidget, lines: int = 3) -> None:
        super().__init__(content)
        self._lines, self._content = lines, content
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        high = self._content.heightForWidth(max(self.width(), 160))
        return QSize(self._content.sizeHint().width(), high)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        least = self._lines * self.fontMetrics().lineSpacing() + 8
        return QSize(160, min(least, self.sizeHint().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()
