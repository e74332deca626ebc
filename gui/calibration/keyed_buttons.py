"""Buttons of the pages that a key of the window presses, too."""

from PySide6.QtWidgets import QPushButton, QWidget

from gui.actions import with_key
from gui.widgets.buttons import button


def keyed(text: str, tip: str, *actions: str, name: str = "") -> QPushButton:
    """A button that the keys of these actions press too; its tooltip shows the first key."""
    push = button(text, with_key(tip, actions[0]), name=name)
    push.setProperty("actions", list(actions))
    return push


def press(window: QWidget, action: str) -> None:
    """Press the button of an action, where one is shown and enabled."""
    for push in window.findChildren(QPushButton):
        if push.isVisible() and action in (push.property("actions") or ()):
            push.click()
            return
