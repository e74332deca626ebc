"""Starting the window of several people."""

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
    """Show the engines of these names until the window is closed; return the exit code."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    window = PeopleWindow(names, DashboardSettings())
    # Python sees a signal only when it runs; the window's timer lets it, many times a second.
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
