"""A command of ``bci`` in a process of its own, which is restarted after a crash."""

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bci.commands import bci_command
from bci.errors import MessageError, RemoteError
from bci.messages import ErrorEvent, NoteEvent, WarningEvent, read_event
from bci.messages.reading import AnyEvent, Lines

_LOOK_S = 0.05
# A process that ends sooner is not restarted, because it would end again.
_WORKED_S = 5.0
_ENDED, _REFUSED = 0, 2


class WatchedCommand:
    """One command, from its start to its end, restarts included.

    Its output goes to a file, so that it can continue after this process has ended. With
    ``follows``, its standard input is a pipe that closes when this process ends; otherwise it is
    empty.
    """

    def __init__(
        self,
        name: str,
        arguments: Callable[[int], Sequence[str]],  # Given the number of the start, from 0
        report: Callable[[str], None],
        follows: bool = False,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._report = report
        self._follows = follows
        self._starts = 0
        self._stopping = False
        self.events: list[AnyEvent] = []
        """Events of the present process, without notes and warnings."""
        self.error = ""
        self.notes = 0
        """Number of notes and warnings of the present process."""
        handle, self._log = tempfile.mkstemp(prefix=f"bci-{name}-", suffix=".log")
        self._output = os.fdopen(handle, "ab")
        self._input = Path(self._log).open("rb")  # noqa: SIM115 - closed when it has ended
        self._lines = Lines()
        self._spawn()
        self._watching = asyncio.create_task(self._watch())

    @property
    def is_running(self) -> bool:
        return not self._watching.done()

    @property
    def pid(self) -> int:
        return self._process.pid

    def write_line(self, text: str) -> None:
        """Write a line to the process's standard input.

        Raises `RemoteError` if the process does not accept it at once.
        """
        pipe = self._process.stdin
        assert pipe is not None
        try:
            os.write(pipe.fileno(), f"{text}\n".encode())
        except (OSError, ValueError) as error:
            raise RemoteError(f"the {self.name} takes no commands now; send it again") from error

    async def stop(self, patience_s: float, kill: bool = False) -> bool:
        """Ask the process to end and wait up to ``patience_s`` seconds; True if it has ended.

        With ``kill`` it is killed after this time.
        """
        self._stopping = True
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        done, _ = await asyncio.wait({self._watching}, timeout=patience_s)
        if not done and kill:
            self._process.kill()
            done, _ = await asyncio.wait({self._watching}, timeout=patience_s)
        return bool(done)

    def _spawn(self) -> None:
        self.events.clear()
        self.notes, self.error = 0, ""
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            (*bci_command(), *self._arguments(self._starts)),
            stdin=subprocess.PIPE if self._follows else subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            # Ctrl-C in the terminal must reach this process only.
            start_new_session=True,
        )
        if self._process.stdin is not None and os.name == "posix":
            # A process that hangs must not block the clients.
            os.set_blocking(self._process.stdin.fileno(), False)
        self._starts += 1

    async def _watch(self) -> None:
        try:
            while True:
                code = self._process.poll()
                self._read()
                if code is not None and not self._starts_again(code):
                    return
                await asyncio.sleep(_LOOK_S)
        finally:
            self._output.close()
            self._input.close()
            # A process that continues writes to the deleted file; on Windows it is not deleted.
            with contextlib.suppress(OSError):
                Path(self._log).unlink()

    def _starts_again(self, code: int) -> bool:
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._stopping or code == _ENDED:
            return False
        why = self.error or (f"signal {-code}" if code < 0 else f"exit code {code}")
        worked = time.monotonic() - self._began > _WORKED_S
        again = worked and code != _REFUSED
        self.error = self.error or f"the {self.name} ended by itself ({why})"
        self._report(f"the {self.name} ended by itself: {why}" + "; it is started again" * again)
        if again:
            self._spawn()
        return again

    def _read(self) -> None:
        for line in self._lines.take(self._input.read()):
            try:
                event = read_event(line)
            except MessageError:
                # Standard error goes to the same file; such a line is text for people.
                continue
            if isinstance(event, NoteEvent | WarningEvent):
                self.notes += 1
                self._report(f"{self.name}: {event.text}")
            elif isinstance(event, ErrorEvent):
                self.error = event.text
            else:
                self.events.append(event)
