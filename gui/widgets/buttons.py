"""Buttons that take the focus by Tab only, so that keys stay with the view."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton

B = TypeVar("B", bound=QAbstractButton)


def button(
    text: str, tip: str, clicked: Callable[..., object] | None = None, name: str = ""
) -> QPushButton:
    """Make a button; ``name`` gives its look in the style sheet."""
    return _described(QPushButton(), text, tip, clicked, name)


def tool(
    text: str, tip: str, clicked: Callable[..., object] | None = None, name: str = ""
) -> QToolButton:
    """Make a small button."""
    return _described(QToolButton(), text, tip, clicked, name)


def _described(made: B, text: str, tip: str, clicked: Callable[..., object] | None, name: str) -> B:
    made.setText(text)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setObjectName(name)
    if clicked is not None:
        made.clicked.connect(clicked)
    return made


def step_buttons(
    tips: tuple[str, str], step: Callable[[int], None], signs: str = "\u2212+"
) -> list[QToolButton]:
    """Two buttons for a value between them, that call ``step`` with -1 and +1."""
    buttons = []
    for sign, way, tip in zip(signs, (-1, 1), tips, strict=True):
        buttons.append(tool(sign, tip, lambda _checked=False, way=way: step(way), "step"))
        buttons[-1].setAutoRepeat(True)
    return buttons
