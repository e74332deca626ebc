"""Buttons that take the focus by Tab only, so that keys stay with the view."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton

from gui.widgets.layouts import named


def button(text: str, tip: str) -> QPushButton:
    """A button that takes the focus by Tab only, so that keys stay with the scope."""
    push = QPushButton(text)
    push.setToolTip(tip)
    push.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return push


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
        button = named(QToolButton(), "step")
        button.setText(sign)
        button.setToolTip(tip)
        button.setAutoRepeat(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False, way=way: step(way))
        buttons.append(button)
    row.addWidget(buttons[0])
    row.addWidget(value)
    row.addWidget(buttons[1])
    return buttons
