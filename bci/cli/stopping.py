"""How a long-running command is asked to stop: Ctrl-C, SIGTERM, or the death of its parent."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable


def stop_on_signals(
    with_parent: bool = False,
    lines: "queue.SimpleQueue[str] | None" = None,
    orphaned: threading.Event | None = None,
) -> threading.Event:
    """An event that SIGINT and SIGTERM set; a second Ctrl-C ends the process at once.

    Parameters
    ----------
    with_parent : bool
        Also set it when standard input closes: a parent that started us with a pipe is gone.
    lines : queue of str, optional
        Gets what is typed, or sent by the parent, line by line.
    orphaned : Event, optional
        Set when standard input closes. What is printed from then on goes nowhere.
    """
    stop = threading.Event()

    def on_signal(number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    if hasattr(signal, "SIGTTIN"):
        # In the background of a terminal there is nobody to listen to; reading fails instead.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def on_end() -> None:
        if orphaned is not None:
            _print_to_nobody()
            orphaned.set()
        if with_parent:
            stop.set()

    if with_parent or orphaned is not None or (lines is not None and sys.stdin.isatty()):
        listening = threading.Thread(target=_listen, args=(on_end, lines), daemon=True)
        listening.start()
    return stop


def _listen(on_end: Callable[[], None], lines: "queue.SimpleQueue[str] | None") -> None:
    pending = b""
    while heard := _hear():
        *whole, pending = (pending + heard).split(b"\n")
        for line in whole:
            text = line.decode(errors="replace").strip()
            if lines is not None and text:
                lines.put(text)
        pending = pending[-4096:]
    on_end()


def _print_to_nobody() -> None:
    """The parent that read it may be gone: a broken pipe must not end what has to go on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _hear() -> bytes:
    """What standard input gives next; nothing when it has ended or belongs to another job."""
    try:
        return os.read(sys.stdin.fileno(), 4096)
    except OSError:
        return b""
