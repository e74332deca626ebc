"""Small pieces that the window is put together from."""

from html import escape
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

# Qt's own most.
_ANY = 16_777_215
W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget


def plain(label: QLabel) -> QLabel:
    # A stream's name is shown as it is, never as markup.
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def button(text: str, tip: str) -> QPushButton:
    """A button that takes the focus by Tab only, so that keys stay with the scope."""
    push = QPushButton(text)
    push.setToolTip(tip)
    push.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return push


def panel(view: QWidget) -> QFrame:
    frame = named(QFrame(), "panel")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(1, 1, 1, 1)
    layout.addWidget(view)
    return frame


def column_of(width: int, *views: QWidget) -> QWidget:
    """Views one above the other, each in a panel; the last one takes the room that is left."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    for view in views[:-1]:
        column.addWidget(panel(view))
    column.addWidget(panel(views[-1]), 1)
    side = QWidget()
    side.setFixedWidth(width)
    side.setLayout(column)
    return side


def scrolled(view: QWidget) -> QScrollArea:
    """A column that fills its room, and scrolls where a screen is too low for it."""
    room = QScrollArea()
    room.setObjectName("column")
    room.setWidgetResizable(True)
    room.setFrameShape(QScrollArea.Shape.NoFrame)
    room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if width := view.minimumWidth():
        room.setFixedWidth(width)
    view.setMinimumWidth(0)
    view.setMaximumWidth(_ANY)
    room.setWidget(view)
    return room


def one_of(*views: QWidget) -> QWidget:
    """Views in one place, of which one is shown at a time: the first, until others are."""
    place = QWidget()
    layout = QVBoxLayout(place)
    layout.setContentsMargins(0, 0, 0, 0)
    for view in views:
        layout.addWidget(view)
        view.setVisible(view is views[0])
    return place


def tip(text: str) -> str:
    """Text as a tooltip that shows it as it is; what streams say is never markup."""
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>" if text else ""


def is_seen(view: QWidget) -> bool:
    """Whether it is worth drawing: shown, in a window that is not minimised."""
    return view.isVisible() and not view.window().isMinimized()
