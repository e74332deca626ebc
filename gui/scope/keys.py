"""Keys of the scope and their actions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from gui.scope.scope import Scope

Key = Qt.Key
_KEEPS_STILL = (Key.Key_F, Key.Key_C)


def action_of(scope: "Scope", event: QKeyEvent) -> Callable[[], object] | None:
    """Find the action of a key that was pressed; None where it has none here."""
    if event.isAutoRepeat() and event.key() in _KEEPS_STILL:
        return lambda: None
    shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
    sideways = scope.look if shifted else scope.step_time_base
    actions: dict[Key, Callable[[], object]] = {
        Key.Key_Up: partial(scope.step_gain, 1),
        Key.Key_Down: partial(scope.step_gain, -1),
        Key.Key_G: scope.step_kind,
        Key.Key_0: scope.fit_gains,
        Key.Key_Space: scope.toggle_pause,
        Key.Key_Left: partial(sideways, -1),
        Key.Key_Right: partial(sideways, 1),
        Key.Key_W: partial(scope.show_sweep, not scope.view.sweep),
        Key.Key_A: partial(scope.show_all, not scope.view.all_shown),
        Key.Key_F: scope.step_filter,
        Key.Key_C: scope.channels_wanted.emit,
        Key.Key_PageUp: partial(scope.step_page, -1),
        Key.Key_PageDown: partial(scope.step_page, 1),
    }
    return actions.get(Key(event.key()))
