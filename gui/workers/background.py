"""Work that may wait for a disk, done in a thread so that the windows continue drawing."""

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
    """Run each job in a thread of its own; only the outcome of the newest job is reported."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest = 0

    def run(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[str], None]
    ) -> None:
        """Begin; returns at once.

        On Qt's thread ``then`` gets the result, or ``failed`` the sentence of an error.
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

        # Nobody waits for a disk that hangs.
        threading.Thread(target=do, daemon=True).start()
