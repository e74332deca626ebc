"""A virtual screen (Xvfb) with one window, which gets keys and mouse events."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from Xlib import XK, X
from Xlib.display import Display


class Screen:
    """The events of the window, and the pressed keys and buttons of the screen."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._display = Display(name)
        root = self._display.screen().root
        mask = X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask
        window = root.create_window(
            0, 0, 400, 300, 0, self._display.screen().root_depth, event_mask=mask
        )
        window.map()
        window.set_input_focus(X.RevertToParent, X.CurrentTime)
        root.warp_pointer(50, 50)
        self._display.sync()

    def events(self) -> list[tuple[str, str]]:
        """Events since the last call: ``("press", "Left")`` or ``("release", "button 1")``."""
        kinds = {
            X.KeyPress: "press", X.KeyRelease: "release",
            X.ButtonPress: "press", X.ButtonRelease: "release",
        }  # fmt: skip
        came = []
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type not in kinds:
                continue
            # Programs ignore events that another program only sent.
            assert not event.send_event
            if event.type in (X.KeyPress, X.KeyRelease):
                symbol = self._display.keycode_to_keysym(event.detail, 0)
                detail = XK.keysym_to_string(symbol) or self._named(symbol)
            else:
                detail = f"button {event.detail}"
            came.append((kinds[event.type], detail))
        return came

    def is_anything_pressed(self) -> bool:
        """Return whether a key or a mouse button is down."""
        buttons = self._display.screen().root.query_pointer().mask & 0x1F00
        return any(self._display.query_keymap()) or bool(buttons)

    def pointer(self) -> tuple[int, int]:
        at = self._display.screen().root.query_pointer()
        return at.root_x, at.root_y

    def close(self) -> None:
        self._display.close()

    @staticmethod
    def _named(symbol: int) -> str:
        names = [name[3:] for name in dir(XK) if name.startswith("XK_")]
        return next(name for name in names if getattr(XK, f"XK_{name}") == symbol)


@contextmanager
def screen() -> Iterator[Screen]:
    """Yield a screen; skip the test without Xvfb."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb on this computer")
    command = ("Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp")
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        made = Screen(f":{server.stdout.readline().strip()}")
        yield made
        made.close()
    finally:
        server.terminate()
        server.wait(10)
