"""Jobs that may wait for a disk, run in threads so that windows continue drawing."""

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject

from bci.errors import BciError
from gui.workers.worker import Worker

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Background(Worker):
    """Runs each job in a new thread; only the result of the newest job is reported."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest = 0

    def run(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[str], None]
    ) -> None:
        """Begin the job ``work`` in a thread; returns at once.

        In Qt's main thread, ``then`` is called with the result, or ``failed`` with the text of an
        error.
        """
        self._newest += 1
        number = self._newest

        def report(call: Callable[[Any], None], outcome: object) -> None:
            if number == self._newest:
                call(outcome)

        def do() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - or the window would wait for ever
                if not isinstance(error, BciError | OSError | MemoryError):
                    _log.exception("work in the background")
                self.post(report, failed, str(error) or type(error).__name__)
            else:
                self.post(report, then, result)

        # A daemon, so that the program's end does not wait for a disk that hangs.
        threading.Thread(target=do, daemon=True).start()
