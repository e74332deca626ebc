"""Layouts and frames that the windows are put together from."""

from typing import TypeVar

from PySide6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget


def mark_wrong(field: QWidget, wrong: bool) -> None:
    """Give a widget the look of what is wrong, or take it off."""
    if field.property("wrong") != wrong:
        field.setProperty("wrong", wrong)
        field.style().unpolish(field)
        field.style().polish(field)


def fill(
    layout: QBoxLayout,
    *parts: QWidget | int | None,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = -1,
) -> None:
    """Add widgets to a row or column; a number is room in pixels, None what room is left."""
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        else:
            layout.addWidget(part)


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


def one_of(*views: QWidget) -> QWidget:
    """Views in one place, of which one is shown at a time: the first, until others are."""
    place = QWidget()
    layout = QVBoxLayout(place)
    layout.setContentsMargins(0, 0, 0, 0)
    for view in views:
        layout.addWidget(view)
        view.setVisible(view is views[0])
    return place


def is_seen(view: QWidget) -> bool:
    """Return whether a view is worth drawing: shown, in a window that is not minimised."""
    return view.isVisible() and not view.window().isMinimized()
