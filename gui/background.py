"""Work that may wait for a disk, done in a thread so that the windows go on drawing."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from bci.errors import BciError

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Background(QObject):
    """Each thing asked for has a thread of its own; only the last one is told of.

    Threads are daemons: a slow disk holds up neither the window nor its end.
    """

    _done = Signal(int, object)  # which asking, and a call of what waits for it

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = 0
        self._is_retired = False
        self._telling = threading.Lock()
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
        with self._telling:
            self._is_retired = True

    def _work(
        self,
        number: int,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[str], None],
    ) -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - or the window would wait for ever
            if not isinstance(error, BciError | OSError | MemoryError):
                _log.exception("work in the background")
            why = str(error) or type(error).__name__
            self._emit(number, lambda: failed(why))
        else:
            self._emit(number, lambda: then(result))

    def _emit(self, number: int, call: Callable[[], None]) -> None:
        # A thread that outlived the window must not touch what Qt has deleted.
        with self._telling:
            if not self._is_retired:
                self._done.emit(number, call)

    def _tell(self, number: int, call: Callable[[], None]) -> None:
        if number == self._asked and not self._is_retired:
            call()
