"""Rows, columns and forms that the pages of the window are put together from."""

from PySide6.QtWidgets import QAbstractSpinBox, QBoxLayout, QFormLayout, QFrame, QLayout, QWidget

from gui.widgets.layouts import named, panel

Part = QWidget | QLayout
# A pair has its share of the room that is left; a number is empty room.
Item = Part | tuple[Part, int] | int


def row(*items: Item) -> QBoxLayout:
    """Items side by side."""
    return _filled(QBoxLayout(QBoxLayout.Direction.LeftToRight), items)


def column(*items: Item) -> QBoxLayout:
    """Items one below the other."""
    return _filled(QBoxLayout(QBoxLayout.Direction.TopToBottom), items)


def form(*rows: tuple[str | QWidget, QWidget]) -> QFormLayout:
    """Fields with their names."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setVerticalSpacing(9)
    layout.setHorizontalSpacing(14)
    for name, field in rows:
        layout.addRow(name, field)
        if isinstance(field, QAbstractSpinBox):
            # A style sheet does not reach the text of these fields.
            field.lineEdit().setTextMargins(6, 0, 6, 0)
    return layout


def inset(layout: QLayout) -> QFrame:
    """A panel whose content keeps away from its edge."""
    layout.setContentsMargins(16, 14, 16, 14)
    return panel(plain(layout))


def plain(layout: QLayout) -> QWidget:
    """A layout as a widget without a ground of its own."""
    widget = named(QWidget(), "plain")
    widget.setLayout(layout)
    return widget


def restyle(widget: QWidget) -> None:
    """Have the style sheet look again at a widget's name and properties."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.updateGeometry()


def _filled(layout: QBoxLayout, items: tuple[Item, ...]) -> QBoxLayout:
    layout.setContentsMargins(0, 0, 0, 0)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
            continue
        part, stretch = item if isinstance(item, tuple) else (item, 0)
        if isinstance(part, QWidget):
            layout.addWidget(part, stretch)
        else:
            layout.addLayout(part, stretch)
    return layout
