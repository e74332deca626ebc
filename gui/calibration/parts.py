"""Rows, columns and buttons that the pages of the window are put together from."""

from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QLayout,
    QPushButton,
    QWidget,
)

from gui.actions import with_key
from gui.widgets.buttons import button
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


def decimal_field(least: float, most: float, step: float, suffix: str, tip: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(least, most)
    field.setSingleStep(step)
    field.setSuffix(suffix)
    field.setToolTip(tip)
    return field


def inset(layout: QLayout) -> QFrame:
    """A panel whose content keeps away from its edge."""
    layout.setContentsMargins(16, 14, 16, 14)
    return panel(plain(layout))


def plain(layout: QLayout) -> QWidget:
    """A layout as a widget without a ground of its own."""
    widget = named(QWidget(), "plain")
    widget.setLayout(layout)
    return widget


def keyed(text: str, tip: str, *actions: str, name: str = "") -> QPushButton:
    """A button that the keys of these actions press too; its tooltip shows the first key."""
    push = named(button(text, with_key(tip, actions[0])), name)
    push.setProperty("actions", list(actions))
    return push


def press(window: QWidget, action: str) -> None:
    """Press the button of an action, where one is shown and enabled."""
    for push in window.findChildren(QPushButton):
        if push.isVisible() and action in (push.property("actions") or ()):
            push.click()
            return


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
