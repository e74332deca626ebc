"""The start of the window of several people."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui.people.window import PeopleWindow
from gui.settings import DashboardSettings

_PICTURE_MS = 10_000


def show_people(names: Sequence[str], screenshot: Path | None = None) -> int:
    """Show the engines in ``names`` until the window is closed; return the exit code.

    With ``screenshot``, an image is saved to this file after 10 s, and the window closes.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    window = PeopleWindow(names, DashboardSettings())
    # Python handles a signal only while Python code runs; the window's timer runs some many times a
    # second. The signal may interrupt any code of the window, so the window closes after that code.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.close))
    window.show()
    window.follow()
    if screenshot is not None:

        def save() -> None:
            window.grab().save(str(screenshot))
            window.close()

        QTimer.singleShot(_PICTURE_MS, save)
    return int(application.exec())
