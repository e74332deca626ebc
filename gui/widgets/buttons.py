"""Buttons that get the keyboard focus by Tab only, so that views keep it."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton

B = TypeVar("B", bound=QAbstractButton)


def button(
    text: str, tip: str, clicked: Callable[..., object] | None = None, name: str = ""
) -> QPushButton:
    """Make a button with a tooltip; ``name`` selects its style in the style sheet."""
    return _described(QPushButton(), text, tip, clicked, name)


def tool(
    text: str, tip: str, clicked: Callable[..., object] | None = None, name: str = ""
) -> QToolButton:
    """Make a small tool button; the parameters are those of `button`."""
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
    """Make two buttons that call ``step`` with -1 and +1; ``signs`` are their texts."""
    buttons = []
    for sign, way, tip in zip(signs, (-1, 1), tips, strict=True):
        buttons.append(tool(sign, tip, lambda _checked=False, way=way: step(way), "step"))
        buttons[-1].setAutoRepeat(True)
    return buttons
