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
    """An event that SIGINT and SIGTERM set; a second Ctrl-C ends the process at once.

    ``with_parent``: also set when standard input closes, since a parent that started us with a pipe
    is gone. ``lines`` gets what is typed, or sent through a pipe, line by line. ``orphaned`` is set
    when standard input closes; what is printed from then on goes nowhere.
    """
    stop = threading.Event()
    # Its `put` takes no lock of Python.
    received: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: received.put(number))
    threading.Thread(target=_obey, args=(received, stop), daemon=True).start()
    if hasattr(signal, "SIGTTIN"):
        # In the background of a terminal there is nobody to listen to; reading fails instead.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def on_end() -> None:
        if orphaned is not None:
            _print_to_nobody()
            orphaned.set()
        if with_parent:
            stop.set()

    has_parent = with_parent or orphaned is not None
    if has_parent or (lines is not None and (_is_pipe() or sys.stdin.isatty())):
        # Another program may write to a named pipe after the first has closed it.
        again_s = None if has_parent or not _is_pipe() else _AGAIN_S
        arguments = (on_end, lines, again_s)
        threading.Thread(target=_listen, args=arguments, daemon=True).start()
    return stop


def _obey(received: "queue.SimpleQueue[int]", stop: threading.Event) -> None:
    """Set ``stop`` at the first signal, and end the process at the second.

    In a thread of its own: Python calls a signal's handler between two steps of the main thread,
    which may hold the lock of ``stop`` then, and would wait for itself.
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
    """The next input; at the end of a pipe, the input of its next writer."""
    while not (received := _read()) and again_s is not None:
        time.sleep(again_s)
    return received


def _print_to_nobody() -> None:
    """The parent that read it may be gone: a broken pipe must not end what has to continue."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    # By number: with --json, sys.stdout is another.
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _read() -> bytes:
    """Read standard input; empty when it has ended or belongs to another job."""
    try:
        return os.read(sys.stdin.fileno(), 4096)
    except OSError:
        return b""
