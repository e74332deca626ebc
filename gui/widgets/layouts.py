"""Rows, columns, forms and frames of which the windows consist."""

from typing import TypeVar

from PySide6.QtWidgets import QAbstractSpinBox, QBoxLayout, QFormLayout, QFrame, QLayout, QWidget

W = TypeVar("W", bound=QWidget)
Part = QWidget | QLayout
# A pair is an item and its share of the free space. A number is space in pixels. None is free
# space.
Item = Part | tuple[Part | None, int] | int | None
Margins = tuple[int, int, int, int]


def named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget


def row_of(*items: Item, margins: Margins = (0, 0, 0, 0), spacing: int = -1) -> QBoxLayout:
    """Return a layout with ``items`` side by side."""
    return _filled(QBoxLayout.Direction.LeftToRight, items, margins, spacing)


def column_of(*items: Item, margins: Margins = (0, 0, 0, 0), spacing: int = -1) -> QBoxLayout:
    """Return a layout with ``items`` one below the other."""
    return _filled(QBoxLayout.Direction.TopToBottom, items, margins, spacing)


def _filled(
    way: QBoxLayout.Direction, items: tuple[Item, ...], margins: Margins, spacing: int
) -> QBoxLayout:
    layout = QBoxLayout(way)
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for item in items:
        part, stretch = item if isinstance(item, tuple) else (item, int(item is None))
        if part is None:
            layout.addStretch(stretch)
        elif isinstance(part, int):
            layout.addSpacing(part)
        elif isinstance(part, QWidget):
            layout.addWidget(part, stretch)
        else:
            layout.addLayout(part, stretch)
    return layout


def clear(layout: QLayout) -> None:
    """Remove all widgets from a layout, and delete them."""
    while item := layout.takeAt(0):
        if (widget := item.widget()) is not None:
            # Hidden, since it is deleted later and would cover others until then.
            widget.hide()
            widget.deleteLater()


def form(*rows: tuple[str | QWidget, QWidget]) -> QFormLayout:
    """Return a form layout; each row is a name and a field."""
    layout = QFormLayout(verticalSpacing=9, horizontalSpacing=14)
    layout.setContentsMargins(0, 0, 0, 0)
    for name, field in rows:
        layout.addRow(name, field)
        if isinstance(field, QAbstractSpinBox):
            # Set here, since a style sheet cannot change the text margins of spin boxes.
            field.lineEdit().setTextMargins(6, 0, 6, 0)
    return layout


def as_widget(layout: QLayout) -> QWidget:
    """Return a widget with ``layout`` and without its own background."""
    widget = named(QWidget(), "plain")
    widget.setLayout(layout)
    return widget


def panel(view: QWidget) -> QFrame:
    frame = named(QFrame(), "panel")
    frame.setLayout(column_of(view, margins=(1, 1, 1, 1)))
    return frame


def inset(layout: QLayout) -> QFrame:
    """Return a panel with ``layout`` and wide margins."""
    layout.setContentsMargins(16, 14, 16, 14)
    return panel(as_widget(layout))


def one_of(*views: QWidget) -> QWidget:
    """Return a widget with ``views`` in one place, of which only the first is shown."""
    place = as_widget(column_of(*views))
    for view in views[1:]:
        view.hide()
    return place


def restyle(widget: QWidget) -> None:
    """Apply the style sheet again after a change of a widget's name or properties."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.updateGeometry()


def mark_wrong(field: QWidget, wrong: bool) -> None:
    """Set whether a widget has the style of an invalid value."""
    if field.property("wrong") != wrong:
        field.setProperty("wrong", wrong)
        restyle(field)


def is_seen(view: QWidget) -> bool:
    """Return whether a view is visible, in a window that is not minimised."""
    return view.isVisible() and not view.window().isMinimized()
