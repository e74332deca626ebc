"""One command of ``bci`` in a process of its own, and the events that it prints.

On Linux processes are forked from a server that has imported the engine once: each starts in a
fraction of a second and shares the code in memory. Elsewhere each starts from nothing.
"""

import contextlib
import importlib
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from multiprocessing.process import BaseProcess as Forked
from typing import Any

from bci.commands import SAFE_PATH, bci_command
from bci.errors import MessageError, first_line
from bci.messages import AnyEvent, read_event
from bci.messages.reading import Lines

_FORKS = sys.platform == "linux"
_PRELOADED = [
    "bci.cli.run", "bci.cli.record", "bci.engine.engine", "bci.models.load",
    "bci.recording.recorder",
]  # fmt: skip
# Engines share the cores; threads of a numeric library would only get in each other's way.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MAX_LOG = 4000
_NOT_STARTED = 1


class ForkedCommand:
    """A command that runs, asked to end by `close`; it also ends when this process dies.

    ``arguments`` follow ``bci``. The command has to take ``--json`` and ``--with-parent``.
    """

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._arguments = (*arguments, "--json", "--with-parent")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - of the command's life
        self._events: queue.SimpleQueue[AnyEvent] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._stdin, self._to_child = os.pipe()
        self._code: int | None = None
        # The first start waits seconds for the server, and nobody is to wait for that.
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Number of the process; 0 until it has started."""
        return (self._process.pid if self._process else None) or 0

    @property
    def code(self) -> int | None:
        """Exit code, negative for a signal; None until its last event can be read."""
        return self._code

    def events(self) -> list[AnyEvent]:
        """Events since the last call, oldest first."""
        return [self._events.get() for _ in range(self._events.qsize())]

    def last_words(self) -> str:
        """The last line on the command's standard error; empty without one."""
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, end - _MAX_LOG))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def send(self, line: str) -> None:
        """Send a line to the command's standard input."""
        with contextlib.suppress(OSError):  # It has ended
            os.write(self._to_child, line.encode() + b"\n")

    def close(self) -> None:
        """Ask it to end; returns at once."""
        if self._to_child >= 0:
            os.close(self._to_child)
            self._to_child = -1

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()

    def _work(self) -> None:
        stdin, (from_child, stdout) = self._stdin, os.pipe()
        start = _forked if _FORKS else _spawned
        try:
            self._process = start(self._arguments, stdin, stdout, self._log.fileno())
        except (OSError, EOFError, RuntimeError) as error:
            # No memory, no more files, or a server that was killed.
            os.write(self._log.fileno(), f"it did not start: {first_line(error)}\n".encode())
            os.close(from_child)
            self._code = _NOT_STARTED
            return
        finally:
            os.close(stdin)
            os.close(stdout)
        lines = Lines()
        with open(from_child, "rb", buffering=0) as file:  # noqa: PTH123 - a number
            while received := file.read(1 << 16):
                for line in lines.take(received):
                    # Anything else is no event of this version.
                    with contextlib.suppress(MessageError):
                        self._events.put(read_event(line))
        if isinstance(self._process, subprocess.Popen):
            self._code = self._process.wait()
        else:
            self._process.join()
            self._code = self._process.exitcode


def _spawned(
    arguments: tuple[str, ...], stdin: int, stdout: int, log: int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        (*bci_command(), *arguments), stdin=stdin, stdout=stdout, stderr=log,
        start_new_session=True, env=os.environ | _threads(),
    )  # fmt: skip


def _forked(arguments: tuple[str, ...], *files: int) -> Forked:
    # Windows has none.
    from multiprocessing.reduction import DupFd

    # Ctrl-C must not end the server, which starts with the signals of this thread.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    context = multiprocessing.get_context("forkserver")
    # Heeded by the first call of a process, which starts the server.
    context.set_forkserver_preload(_PRELOADED)
    os.environ.update(_threads() | SAFE_PATH)
    process = context.Process(target=_run, args=(arguments, *map(DupFd, files)), daemon=True)
    process.start()
    return process


def _threads() -> dict[str, str]:
    return {name: "1" for name in _ONE_THREAD if name not in os.environ}


def _run(arguments: tuple[str, ...], *files: Any) -> None:
    """Run the command in a forked process: its files are those of the numbers 0 to 2."""
    # Ctrl-C in the terminal is the supervisor's, which ends its children in their order.
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number, file in enumerate(files):
        given = file.detach()
        os.dup2(given, number)
        os.close(given)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    sys.argv = ["bci", *arguments]
    # As ``python -m bci``, by name because no room imports the commands. Not by runpy, which warns
    # if the parent has imported this module.
    importlib.import_module("bci.__main__").main()
