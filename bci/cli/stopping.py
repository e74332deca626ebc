"""How a long-running command is asked to stop: Ctrl-C, SIGTERM, or the death of its parent."""

import os
import signal
import sys
import threading


def stop_on_signals(with_parent: bool = False) -> threading.Event:
    """An event that SIGINT and SIGTERM set; a second Ctrl-C ends the process at once.

    Parameters
    ----------
    with_parent : bool
        Also set it when standard input closes: a parent that started us with a pipe is gone.
    """
    stop = threading.Event()

    def on_signal(number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    if with_parent:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    return stop


def _wait_for_end_of_input(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        continue
    stop.set()
