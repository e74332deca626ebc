"""Actions of labels: a key, a mouse button or movement, or a control of a gamepad."""

import re
from typing import NamedTuple

from bci.bridges.label_map import split_labels
from bci.errors import BridgeError

_WORDS = {
    "alt", "backspace", "caps_lock", "cmd", "ctrl", "delete", "down", "end", "enter", "esc", "home",
    "insert", "left", "menu", "page_down", "page_up", "right", "shift", "space", "tab", "up",
    "media_next", "media_play_pause", "media_previous", "media_volume_down", "media_volume_mute",
    "media_volume_up", *(f"f{k}" for k in range(1, 13)),
}  # fmt: skip
_NAMES = {
    "button": {"left", "middle", "right"},
    "move": {"left", "right", "up", "down"},
    "scroll": {"up", "down"},
    "pad": {"a", "b", "x", "y", "start", "select", "up", "down", "left", "right"},
    "stick": {"left", "right", "up", "down"},
}
GAMEPAD = ("pad", "stick")


class KeyAction(NamedTuple):
    """One action: ``kind`` is ``key``, ``button``, ``move``, ``scroll``, ``pad`` or ``stick``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Press(NamedTuple):
    """One press of an action, with a unique number."""

    number: int
    action: KeyAction


def parse_action(text: str) -> KeyAction:
    """Read ``left``, ``key:left``, ``button:right``, ``move:up``, ``pad:a`` or ``stick:left``.

    Raises `BridgeError` if the text is no action.
    """
    kind, colon, name = text.strip().lower().rpartition(":")
    # pynput writes a key as Key.left.
    name = name.removeprefix("key.") if kind in ("", "key") else name
    kind = kind if colon else "key"
    if kind == "key" and (name in _WORDS or re.fullmatch("[a-z0-9]", name)):
        return KeyAction(kind, name)
    if name in _NAMES.get(kind, ()):
        return KeyAction(kind, name)
    if kind == "key":
        allowed = "one letter or digit, or one of " + ", ".join(sorted(_WORDS))
    elif kind in _NAMES:
        allowed = f"{kind}: with one of " + ", ".join(sorted(_NAMES[kind]))
    else:
        allowed = "key:, " + ":, ".join(_NAMES) + ":"
    raise BridgeError(f"{text!r:.60} is no action; give {allowed}")


def parse_map(pairs: tuple[str, ...]) -> dict[str, KeyAction]:
    """Read ``LABEL=ACTION`` pairs; raise `BridgeError` if one is wrong or a label occurs twice."""
    split = split_labels(pairs, "left=key:left")
    return {label: parse_action(action) for label, action in split.items()}
