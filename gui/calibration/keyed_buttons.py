"""Buttons of the pages that shortcuts of the window also press."""

from PySide6.QtWidgets import QPushButton, QWidget

from gui.actions import with_key
from gui.widgets.buttons import button


def keyed(text: str, tip: str, *actions: str, name: str = "") -> QPushButton:
    """Make a button that the shortcuts of ``actions`` also press.

    ``tip`` is its tooltip, to which the first action's shortcut is appended.
    """
    push = button(text, with_key(tip, actions[0]), name=name)
    push.setProperty("actions", list(actions))
    return push


def press(window: QWidget, action: str) -> None:
    """Click the first visible button of ``action`` in ``window``, if there is one."""
    for push in window.findChildren(QPushButton):
        if push.isVisible() and action in (push.property("actions") or ()):
            push.click()
            return
