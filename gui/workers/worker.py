"""Threads that work for a window, and report to it on Qt's thread."""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Worker(QObject):
    """One thread that works for a window.

    A subclass works in `work`, which returns soon after `wait` is False, and reports by `post`.
    The threads are daemons: one that hangs in a call to the network or a slow disk cannot keep the
    program from ending. A worker that Qt deletes, with its parent say, is retired.
    """

    _posted = Signal(object, object)  # a call for Qt's thread, and its values

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopping = threading.Event()
        self._posting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(_retirement(self._stopping, self._posting))

    def work(self) -> None:
        """Work in the thread."""

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._thread = threading.Thread(target=self.work, daemon=True)
        self._thread.start()

    def retire(self) -> None:
        """Ask the thread to end; returns at once, and nothing is reported from now on."""
        # A thread that outlived the window must not touch what Qt has deleted.
        with self._posting:
            self._stopping.set()

    def stop(self, timeout_s: float = 0.8) -> None:
        """End the thread, and wait for it no longer than this."""
        self.retire()
        if self._thread is not None:
            self._thread.join(timeout_s)

    @property
    def is_retired(self) -> bool:
        return self._stopping.is_set()

    @property
    def is_finished(self) -> bool:
        return self._thread is None or not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Wait in the thread; False at once when it is retired."""
        return not self._stopping.wait(seconds)

    def post(self, call: Callable[..., None], *values: object) -> None:
        """Have Qt's thread call this, unless the worker is retired by then; returns at once."""
        with self._posting:
            if not self.is_retired:
                self._posted.emit(call, values)

    def _call(self, call: Callable[..., None], values: tuple[object, ...]) -> None:
        if not self.is_retired:
            call(*values)


def _retirement(stopping: threading.Event, posting: threading.Lock) -> Callable[..., None]:
    """Make a function that retires a worker without it: of a deleted one nothing may be called."""

    def retire(*_: object) -> None:
        with posting:
            stopping.set()

    return retire
