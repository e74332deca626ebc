"""The commands of the scope, and their keys while the scope has the focus."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from bci.pipeline.display.filter import DISPLAY_FILTERS
from gui.actions import SCOPE
from gui.scope.view import following

if TYPE_CHECKING:
    from gui.scope.scope import Scope

_SHIFT = Qt.KeyboardModifier.ShiftModifier


def _combination(key: str) -> QKeyCombination:
    first: QKeyCombination = QKeySequence(key)[0]  # type: ignore[index]
    return first


_BY_KEY = {_combination(action.key): action.id for action in SCOPE}
_ONCE_A_PRESS = ("filter", "reference", "channels")


def scope_commands(scope: "Scope") -> dict[str, Callable[[], object]]:
    """Return the function of each action in the table `SCOPE`, by id."""
    return {
        "larger": partial(scope.step_gain, 1),
        "smaller": partial(scope.step_gain, -1),
        "fit": scope.fit_gains,
        "kind": scope.step_kind,
        "channels": scope.channels_wanted.emit,
        "all": lambda: scope.choose(all_shown=not scope.view.all_shown),
        "page-before": partial(scope.step_page, -1),
        "page-after": partial(scope.step_page, 1),
        "filter": lambda: scope.choose(filter=following(DISPLAY_FILTERS, scope.view.filter)),
        "reference": scope.step_reference,
        "sweep": lambda: scope.choose(sweep=not scope.view.sweep),
        "shorter": partial(scope.step_time_base, -1),
        "longer": partial(scope.step_time_base, 1),
        "pause": scope.toggle_pause,
        "older": partial(scope.look, -1),
        "newer": partial(scope.look, 1),
    }


def action_of(scope: "Scope", event: QKeyEvent) -> Callable[[], object] | None:
    """Return the function for a pressed key; None if the key has no action here."""
    shift = event.modifiers() & _SHIFT
    key = Qt.Key(event.key())
    name = _BY_KEY.get(QKeyCombination(shift, key)) or _BY_KEY.get(QKeyCombination(key))
    if name is None:
        return None
    if event.isAutoRepeat() and name in _ONCE_A_PRESS:
        return lambda: None
    return scope_commands(scope)[name]
