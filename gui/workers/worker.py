"""Base class of threads that work for a window and report to Qt's main thread."""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Worker(QObject):
    """One thread that works for a window.

    A subclass implements `work`, which must return soon after `wait` returns False, and reports by
    `post`. The thread is a daemon, so that a hanging call to the network or a disk cannot keep the
    program from ending. A worker that Qt deletes, for example with its parent, is retired.
    """

    _posted = Signal(object, object)  # a function to call in Qt's main thread, and its arguments

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopping = threading.Event()
        self._posting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(_retirement(self._stopping, self._posting))

    def work(self) -> None:
        """Do the work of the thread; for subclasses."""

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread = threading.Thread(target=self.work, daemon=True)
        self._thread.start()

    def retire(self) -> None:
        """Request the end of the thread; returns at once. Nothing is reported afterwards."""
        # A thread that outlives the window must not use objects that Qt has deleted.
        with self._posting:
            self._stopping.set()

    def stop(self, timeout_s: float = 0.8) -> None:
        """End the thread, and wait at most ``timeout_s`` seconds for its end."""
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
        """Wait, in the thread; return False at once if the worker is retired."""
        return not self._stopping.wait(seconds)

    def post(self, call: Callable[..., None], *values: object) -> None:
        """Call ``call`` with ``values`` in Qt's main thread; returns at once.

        Nothing is called if the worker is retired by then.
        """
        with self._posting:
            if not self.is_retired:
                self._posted.emit(call, values)

    def _call(self, call: Callable[..., None], values: tuple[object, ...]) -> None:
        if not self.is_retired:
            call(*values)


def _retirement(stopping: threading.Event, posting: threading.Lock) -> Callable[..., None]:
    """Return a function that retires a worker without using the deleted worker itself."""

    def retire(*_: object) -> None:
        with posting:
            stopping.set()

    return retire
