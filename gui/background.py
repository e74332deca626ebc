"""Work that may wait for a disk, done in a thread so that the windows go on drawing."""

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from bci.errors import BciError

T = TypeVar("T")


class Background(QObject):
    """Does one thing at a time; of several asked for in turn only the last one is told of.

    The thread is a daemon: a slow disk holds up neither the window nor its end.
    """

    _done = Signal(int, object)  # which asking, and a call of what waits for it

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = 0
        self._retired = threading.Event()
        self._done.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def ask(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[str], None]
    ) -> None:
        """Begin; returns at once.

        On Qt's thread ``then`` gets the result, or ``failed`` the sentence of an error.
        """
        self._asked += 1
        argv = (self._asked, work, then, failed)
        threading.Thread(target=self._work, args=argv, daemon=True).start()

    def retire(self) -> None:
        """Tell nothing any more; returns at once."""
        self._retired.set()

    def _work(
        self,
        number: int,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[str], None],
    ) -> None:
        try:
            result = work()
        except (BciError, OSError, MemoryError) as error:
            why = str(error) or type(error).__name__
            self._emit(number, lambda: failed(why))
        else:
            self._emit(number, lambda: then(result))

    def _emit(self, number: int, call: Callable[[], None]) -> None:
        # A thread that outlived the window must not touch what Qt has deleted.
        if not self._retired.is_set():
            self._done.emit(number, call)

    def _tell(self, number: int, call: Callable[[], None]) -> None:
        if number == self._asked and not self._retired.is_set():
            call()
