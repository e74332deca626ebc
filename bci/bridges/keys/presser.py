"""The process that presses keys, and releases them when its parent dies or hangs.

Each line of its standard input states what is to be pressed now: the number of a press and its
action, or ``-`` for nothing. The parent sends a line at least every `BEAT_S`, even without a
change. A press that was released is never pressed again.
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
"""Time without a line from the parent after which everything is released, in seconds."""
READY = "ready"
_TICK_S = 0.01
_MAX_LINE = 200


def line_of(press: Press | None) -> str:
    """Make the line that requests a press; None requests that nothing is pressed."""
    return "-\n" if press is None else f"{press.number} {press.action}\n"


class Presser:
    """The pressed action, and the time of the parent's last line."""

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
        """Execute a line that arrived at ``now``, in seconds on the monotonic clock."""
        self._spoke = now
        number, _, action = line.strip().partition(" ")
        if not number.isdigit():
            self.release()
        elif int(number) > self._number:
            self.release()
            # Stored first, so that a press that fails half-way is released.
            self._number, self._pressed = int(number), parse_action(action)
            self._outputs.press(self._pressed)

    def tick(self, now: float) -> None:
        """Move the mouse if its action is pressed; release all if the parent is silent.

        ``now`` is in seconds on the monotonic clock.
        """
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
    """Press by the lines of standard input, until it ends; ``argv`` is ``SPEED ACTION ...``."""
    # Ctrl-C is handled by the parent, whose end also ends this process.
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
            # If this fails too, the next process releases the keys.
            presser.release()
        # The libraries' own clean-up would fail as well.
        exit_now(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
