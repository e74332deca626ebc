"""Buttons that take the focus by Tab only, so that keys stay with the view."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QPushButton, QToolButton

from gui.widgets.layouts import named

B = TypeVar("B", bound=QAbstractButton)


def button(text: str, tip: str) -> QPushButton:
    return with_text(QPushButton(), text, tip)


def with_text(made: B, text: str, tip: str) -> B:
    made.setText(text)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def add_stepper(
    row: QHBoxLayout,
    value: QLabel,
    tips: tuple[str, str],
    step: Callable[[int], None],
    signs: str = "\u2212+",
) -> list[QToolButton]:
    """A value between two buttons, that call ``step`` with -1 and +1."""
    buttons = []
    for sign, way, tip in zip(signs, (-1, 1), tips, strict=True):
        button = with_text(named(QToolButton(), "step"), sign, tip)
        button.setAutoRepeat(True)
        button.clicked.connect(lambda _checked=False, way=way: step(way))
        buttons.append(button)
    row.addWidget(buttons[0])
    row.addWidget(value)
    row.addWidget(buttons[1])
    return buttons
