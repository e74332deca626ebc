"""The start and the end of the dashboard."""

import contextlib
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from bci.commands import exit_now
from gui.main_window import MainWindow
from gui.options import DashboardOptions
from gui.processes.child import Command, has_left_any
from gui.record.closing import farewell
from gui.theme import font_problem

__all__ = ["Command", "DashboardOptions", "run_dashboard"]


def run_dashboard(options: DashboardOptions) -> int:
    """Show the dashboard until it is closed; returns the exit code."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setDesktopFileName("bci")
    application.setWindowIcon(QIcon(str(Path(__file__).parent / "desktop" / "bci.svg")))
    if problem := font_problem():
        print(problem, file=sys.stderr)
    window = MainWindow(options)
    window.confirms_closing = True
    # Set before the window is shown, since drawing it takes a while. Python handles a signal only
    # while Python code runs; the window's timer runs some sixty times a second.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, lambda: _close(window)))
    window.show()
    if options.screenshot is not None:
        QTimer.singleShot(
            round(1000 * options.screenshot_after_s), lambda: _save_and_close(window, options)
        )
    code = int(application.exec())
    try:
        # A second time: the window stores the settings when it closes, which may not have happened.
        window.remembered.store()
        if (status := window.recording.status) is not None:
            print(farewell(status), file=sys.stderr)
    finally:
        # Qt kills a running child process when its QProcess is deleted. So the program ends
        # without deleting anything: a recorder continues, as does a source that it records.
        if has_left_any():
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            exit_now(code)
    return code


def _save_and_close(window: MainWindow, options: DashboardOptions) -> None:
    window.grab().save(str(options.screenshot))
    _close(window)


def _close(window: MainWindow) -> None:
    """Close without asking for confirmation, since nobody may be there to answer."""
    window.confirms_closing = False
    window.close()
    # Other open windows, such as the speller's, would keep the application running.
    QApplication.closeAllWindows()
