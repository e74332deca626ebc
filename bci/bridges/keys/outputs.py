"""Keyboard, mouse and gamepad of the system, by pynput and, for gamepads on Linux, by evdev."""

import platform
from collections.abc import Collection
from typing import Any, Protocol

from bci.bridges.keys.actions import GAMEPAD, KeyAction
from bci.errors import BridgeError

_INSTALL = "install it by: pip install 'bci[bridges]'"
_IS_LINUX = platform.system() == "Linux"
_FULL = 32767
_SIGNS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class KeyOutput(Protocol):
    """A device that presses and releases actions.

    ``tick`` is called while an action is pressed, ``elapsed_s`` seconds after the last call; it
    moves the mouse.
    """

    def press(self, action: KeyAction) -> None: ...
    def release(self, action: KeyAction) -> None: ...
    def tick(self, action: KeyAction, elapsed_s: float) -> None: ...


class Outputs:
    """All outputs that the actions of a map need.

    Raises `BridgeError` if the system lacks an output or a key.
    """

    def __init__(self, actions: Collection[KeyAction], speed: float) -> None:
        self._actions = set(actions)
        self._of: dict[str, KeyOutput] = {}
        kinds = {action.kind for action in actions}
        if kinds & set(GAMEPAD):
            self._of |= dict.fromkeys(GAMEPAD, _Gamepad())
        if "key" in kinds:
            self._of["key"] = _Keyboard(self._actions)
        if kinds & {"button", "move", "scroll"}:
            self._of |= dict.fromkeys(("button", "move", "scroll"), _Mouse(speed))

    def press(self, action: KeyAction) -> None:
        self._of[action.kind].press(action)

    def release(self, action: KeyAction) -> None:
        self._of[action.kind].release(action)

    def tick(self, action: KeyAction, elapsed_s: float) -> None:
        self._of[action.kind].tick(action, elapsed_s)

    def release_all(self) -> None:
        """Release every action of the map, even one that an earlier process pressed."""
        for action in self._actions:
            self.release(action)


def _pynput() -> Any:
    try:
        import pynput
    except ModuleNotFoundError as error:
        raise BridgeError(f"keys and mouse need pynput; {_INSTALL}") from error
    except ImportError as error:
        raise BridgeError(
            "keys and mouse need a screen: X11, XWayland, Windows or macOS; set DISPLAY"
        ) from error
    return pynput


class _Keyboard:
    def __init__(self, actions: Collection[KeyAction]) -> None:
        self._keys = _pynput().keyboard
        self._controller = self._keys.Controller()
        if _IS_LINUX:
            display = self._controller._display
            for action in actions:
                if action.kind == "key" and not display.keysym_to_keycode(self._key(action).vk):
                    raise BridgeError(f"map: the keyboard's layout has no key {action.name!r}")

    def press(self, action: KeyAction) -> None:
        self._controller.press(self._key(action))

    def release(self, action: KeyAction) -> None:
        self._controller.release(self._key(action))

    def tick(self, action: KeyAction, elapsed_s: float) -> None:
        """Do nothing: the system repeats a held key by itself."""

    def _key(self, action: KeyAction) -> Any:
        if len(action.name) > 1:
            return self._keys.Key[action.name].value
        if _IS_LINUX:
            # By its key code, which is the letter's number. Letters by name are sent as messages
            # to the focused window, which games and terminals do not treat as keys.
            return self._keys.KeyCode.from_vk(ord(action.name))
        return self._keys.KeyCode.from_char(action.name)


class _Mouse:
    def __init__(self, speed: float) -> None:
        self._mouse = _pynput().mouse
        self._controller = self._mouse.Controller()
        self._speed = speed
        self._rest = 0.0

    def press(self, action: KeyAction) -> None:
        self._rest = 0.0
        if action.kind == "button":
            self._controller.press(self._mouse.Button[action.name])
        elif action.kind == "scroll":
            self._controller.scroll(0, -_SIGNS[action.name][1])

    def release(self, action: KeyAction) -> None:
        if action.kind == "button":
            self._controller.release(self._mouse.Button[action.name])

    def tick(self, action: KeyAction, elapsed_s: float) -> None:
        if action.kind == "move":
            # The system moves the mouse by whole pixels only.
            self._rest += self._speed * elapsed_s
            steps = int(self._rest)
            self._rest -= steps
            across, down = _SIGNS[action.name]
            self._controller.move(across * steps, down * steps)


class _Gamepad:
    """A virtual gamepad on Linux; the system removes it when this process dies."""

    def __init__(self) -> None:
        try:
            from evdev import AbsInfo, UInput, UInputError, ecodes
        except ImportError as error:
            raise BridgeError(f"gamepads need Linux and evdev; {_INSTALL}") from error
        self._e = ecodes
        self._buttons = {
            "a": ecodes.BTN_A, "b": ecodes.BTN_B, "x": ecodes.BTN_X, "y": ecodes.BTN_Y,
            "start": ecodes.BTN_START, "select": ecodes.BTN_SELECT, "up": ecodes.BTN_DPAD_UP,
            "down": ecodes.BTN_DPAD_DOWN, "left": ecodes.BTN_DPAD_LEFT,
            "right": ecodes.BTN_DPAD_RIGHT,
        }  # fmt: skip
        axis = AbsInfo(value=0, min=-_FULL, max=_FULL, fuzz=0, flat=0, resolution=0)
        axes = [(ecodes.ABS_X, axis), (ecodes.ABS_Y, axis)]
        try:
            self._device = UInput(
                {ecodes.EV_KEY: list(self._buttons.values()), ecodes.EV_ABS: axes},
                name="bci gamepad",
            )
        except (OSError, UInputError) as error:
            raise BridgeError(
                "a gamepad needs write access to /dev/uinput: sudo modprobe uinput, and a rule of "
                "udev for your group"
            ) from error

    def press(self, action: KeyAction) -> None:
        self._set(action, 1)

    def release(self, action: KeyAction) -> None:
        self._set(action, 0)

    def tick(self, action: KeyAction, elapsed_s: float) -> None:
        """Do nothing: a control keeps its position."""

    def _set(self, action: KeyAction, value: int) -> None:
        if action.kind == "pad":
            self._device.write(self._e.EV_KEY, self._buttons[action.name], value)
        else:
            across, down = _SIGNS[action.name]
            axis = self._e.ABS_X if across else self._e.ABS_Y
            self._device.write(self._e.EV_ABS, axis, value * (across or down) * _FULL)
        self._device.syn()
