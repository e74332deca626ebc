"""Rows, columns, forms and frames that the windows are put together from."""

from typing import TypeVar

from PySide6.QtWidgets import QAbstractSpinBox, QBoxLayout, QFormLayout, QFrame, QLayout, QWidget

W = TypeVar("W", bound=QWidget)
Part = QWidget | QLayout
# A pair has its share of the room that is left; a number is room in pixels, None what room is left.
Item = Part | tuple[Part | None, int] | int | None
Margins = tuple[int, int, int, int]


def named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget


def row_of(*items: Item, margins: Margins = (0, 0, 0, 0), spacing: int = -1) -> QBoxLayout:
    """Items side by side."""
    return _filled(QBoxLayout.Direction.LeftToRight, items, margins, spacing)


def column_of(*items: Item, margins: Margins = (0, 0, 0, 0), spacing: int = -1) -> QBoxLayout:
    """Items one below the other."""
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
    """Take all widgets out of a layout, and delete them."""
    while item := layout.takeAt(0):
        if (widget := item.widget()) is not None:
            # It is deleted later only, and would be seen over the others until then.
            widget.hide()
            widget.deleteLater()


def form(*rows: tuple[str | QWidget, QWidget]) -> QFormLayout:
    """Fields with their names."""
    layout = QFormLayout(verticalSpacing=9, horizontalSpacing=14)
    layout.setContentsMargins(0, 0, 0, 0)
    for name, field in rows:
        layout.addRow(name, field)
        if isinstance(field, QAbstractSpinBox):
            # A style sheet does not reach the text of these fields.
            field.lineEdit().setTextMargins(6, 0, 6, 0)
    return layout


def as_widget(layout: QLayout) -> QWidget:
    """A layout as a widget without a ground of its own."""
    widget = named(QWidget(), "plain")
    widget.setLayout(layout)
    return widget


def panel(view: QWidget) -> QFrame:
    frame = named(QFrame(), "panel")
    frame.setLayout(column_of(view, margins=(1, 1, 1, 1)))
    return frame


def inset(layout: QLayout) -> QFrame:
    """A panel whose content keeps away from its edge."""
    layout.setContentsMargins(16, 14, 16, 14)
    return panel(as_widget(layout))


def one_of(*views: QWidget) -> QWidget:
    """Views in one place, of which one is shown at a time: the first, until others are."""
    place = as_widget(column_of(*views))
    for view in views[1:]:
        view.hide()
    return place


def restyle(widget: QWidget) -> None:
    """Have the style sheet look again at a widget's name and properties."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.updateGeometry()


def mark_wrong(field: QWidget, wrong: bool) -> None:
    """Give a widget the look of what is wrong, or take it off."""
    if field.property("wrong") != wrong:
        field.setProperty("wrong", wrong)
        restyle(field)


def is_seen(view: QWidget) -> bool:
    """Return whether a view is worth drawing: shown, in a window that is not minimised."""
    return view.isVisible() and not view.window().isMinimized()
