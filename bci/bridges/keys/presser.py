"""The process that presses: it releases everything when its parent dies, hangs or asks.

Each line of its standard input is what shall be pressed now: the number of a press and its action,
or ``-`` for nothing. Lines come at least every `BEAT_S`, also without news. A press that was
released is never taken up again.
"""

import contextlib
import queue
import signal
import sys
import threading
import time

from bci.bridges.keys.actions import KeyAction, Press, parse_action
from bci.bridges.keys.outputs import Outputs
from bci.commands import exit_now
from bci.errors import BridgeError, first_line

BEAT_S = 0.05
DEAD_S = 0.3
"""Silence of the parent after which everything is released, in seconds."""
READY = "ready"
_TICK_S = 0.01
_MAX_LINE = 200


def line_of(press: Press | None) -> str:
    """The line that asks for a press, or for nothing."""
    return "-\n" if press is None else f"{press.number} {press.action}\n"


class Presser:
    """Pressed keys, and the time since the parent's last line."""

    def __init__(self, outputs: Outputs, now: float) -> None:
        self._outputs = outputs
        self._pressed: KeyAction | None = None
        self._number = 0
        self._spoke = self._ticked = now
        outputs.release_all()

    @property
    def is_pressing(self) -> bool:
        return self._pressed is not None

    def obey(self, line: str, now: float) -> None:
        """Follow a line."""
        self._spoke = now
        number, _, action = line.strip().partition(" ")
        if not number.isdigit():
            self.release()
        elif int(number) > self._number:
            self.release()
            # Noted first: what fails half-way is released by its name.
            self._number, self._pressed = int(number), parse_action(action)
            self._outputs.press(self._pressed)

    def tick(self, now: float) -> None:
        """Move what moves, and release all where the parent is silent."""
        if self._pressed is not None:
            self._outputs.tick(self._pressed, now - self._ticked)
        self._ticked = now
        if now - self._spoke > DEAD_S:
            self.release()

    def release(self) -> None:
        if self._pressed is not None:
            self._outputs.release(self._pressed)
            self._pressed = None


def main(argv: list[str]) -> int:
    """Press what standard input asks for, until it ends: ``SPEED ACTION ...``."""
    # Ctrl-C is for the parent, whose end is ours.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        outputs = Outputs([parse_action(text) for text in argv[1:]], float(argv[0]))
        presser = Presser(outputs, time.monotonic())
    except BridgeError as error:
        print(f"error: {error}", flush=True)
        return 2
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        while line := sys.stdin.readline(_MAX_LINE):
            lines.put(line)
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    print(READY, flush=True)
    try:
        while not ended.is_set():
            with contextlib.suppress(queue.Empty):
                wait_s = _TICK_S if presser.is_pressing else DEAD_S
                presser.obey(lines.get(timeout=wait_s), time.monotonic())
            presser.tick(time.monotonic())
        presser.release()
    except Exception as error:  # noqa: BLE001 - the screen is gone, or the libraries fail
        print(f"error: keys cannot be pressed: {first_line(error)}", file=sys.stderr, flush=True)
        with contextlib.suppress(Exception):
            # Where this fails too, the next process releases it.
            presser.release()
        # The libraries' own end would fail as well.
        exit_now(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
