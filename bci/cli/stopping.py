"""Requests to stop a long-running command: Ctrl-C, SIGTERM, or the death of its parent."""

import os
import queue
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable

from bci.commands import exit_now

_AGAIN_S = 0.2


def stop_on_signals(
    with_parent: bool = False,
    lines: "queue.SimpleQueue[str] | None" = None,
    orphaned: threading.Event | None = None,
) -> threading.Event:
    """Return an event that SIGINT and SIGTERM set; a second signal ends the process at once.

    With ``with_parent`` it is also set when standard input closes, because then the parent process
    has ended. Each line of standard input is put into ``lines``. ``orphaned`` is set when standard
    input closes; later output is discarded.
    """
    stop = threading.Event()
    # `SimpleQueue.put` takes no Python lock, so a signal handler may call it.
    received: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: received.put(number))
    threading.Thread(target=_obey, args=(received, stop), daemon=True).start()
    if hasattr(signal, "SIGTTIN"):
        # In the background of a terminal, reading from standard input fails.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def on_end() -> None:
        if orphaned is not None:
            _print_to_nobody()
            orphaned.set()
        if with_parent:
            stop.set()

    has_parent = with_parent or orphaned is not None
    if has_parent or (lines is not None and (_is_pipe() or sys.stdin.isatty())):
        # After one program has closed a named pipe, another one may write to it.
        again_s = None if has_parent or not _is_pipe() else _AGAIN_S
        arguments = (on_end, lines, again_s)
        threading.Thread(target=_listen, args=arguments, daemon=True).start()
    return stop


def _obey(received: "queue.SimpleQueue[int]", stop: threading.Event) -> None:
    """Set ``stop`` at the first signal, and end the process at the second.

    It runs in a thread of its own: a signal handler runs in the main thread, which may hold the
    lock of ``stop`` and would then wait for itself.
    """
    while number := received.get():
        if stop.is_set():
            exit_now(128 + number)
        stop.set()


def _is_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):  # closed, replaced, or none at all
        return False


def _listen(
    on_end: Callable[[], None], lines: "queue.SimpleQueue[str] | None", again_s: float | None
) -> None:
    pending = b""
    while received := _read_again(again_s):
        *whole, pending = (pending + received).split(b"\n")
        for line in whole:
            text = line.decode(errors="replace").strip()
            if lines is not None and text:
                lines.put(text)
        pending = pending[-4096:]
    on_end()


def _read_again(again_s: float | None) -> bytes:
    """Read the next input; with ``again_s``, wait at the end of a pipe for its next writer."""
    while not (received := _read()) and again_s is not None:
        time.sleep(again_s)
    return received


def _print_to_nobody() -> None:
    """Discard all output, because a broken pipe would end a command that must continue."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    # By file descriptor, because sys.stdout is replaced with --json.
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _read() -> bytes:
    """Read from standard input; empty if it has ended or belongs to another job."""
    try:
        return os.read(sys.stdin.fileno(), 4096)
    except OSError:
        return b""
