"""Start and control of the process that presses."""

import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable

from bci.bridges.keys.actions import Press
from bci.bridges.keys.presser import READY, line_of
from bci.commands import python_command
from bci.errors import BridgeError

_READY_S = 20.0
_END_S = 0.5
# A process that dies sooner is not replaced, because it would die again.
_WORKED_S = 5.0


class Pressing:
    """The process that presses; use it in a ``with`` block.

    If it dies, it is replaced, and the new process first releases every action of the map.

    Raises `BridgeError` if it cannot start or dies at once; all actions are released then, too.
    """

    def __init__(
        self, actions: tuple[str, ...], speed: float, report: Callable[[str], None]
    ) -> None:
        self._argv = (
            *python_command(), "-m", "bci.bridges.keys.presser", str(speed), *actions
        )  # fmt: skip
        self._report = report
        self._start()

    def show(self, press: Press | None) -> None:
        """Request a press, or None for nothing; must be called at least every `BEAT_S`."""
        pipe = self._process.stdin
        assert pipe is not None
        try:
            os.write(pipe.fileno(), line_of(press).encode())
        except OSError as error:
            worked = time.monotonic() - self._began > _WORKED_S
            self._report("the process that presses keys ended; all is released by a new one")
            self.close()
            self._start()
            if not worked:
                raise BridgeError(
                    f"the process that presses keys ended at once ({error.strerror})"
                ) from error

    def close(self) -> None:
        """End the process; it releases all pressed actions."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_READY_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> "Pressing":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        self._process = process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A signal to this group of processes must not end the process that releases the keys.
            start_new_session=True,
        )
        assert process.stdin is not None
        if os.name == "posix":
            # A process that hangs must not block this one.
            os.set_blocking(process.stdin.fileno(), False)
        answers: queue.SimpleQueue[str] = queue.SimpleQueue()

        def listen() -> None:
            assert process.stdout is not None
            answers.put(process.stdout.readline().strip())

        threading.Thread(target=listen, daemon=True).start()
        try:
            answer = answers.get(timeout=_READY_S)
        except queue.Empty:
            answer = "error: it did not begin in time"
        if answer != READY:
            self.close()
            raise BridgeError(answer.removeprefix("error: ") or "the process of keys did not begin")
        self._began = time.monotonic()
