"""Question before the dashboard is closed during a recording."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from bci.lsl.recorders import FoundRecorder
from gui.actions import key_of


def confirm_closing(
    window: QWidget,
    status: FoundRecorder,
    keep: Callable[[], object],
    end: Callable[[], object],
) -> QMessageBox:
    """Ask whether the recording shall continue; ``keep`` or ``end`` is called, or neither.

    The window continues drawing meanwhile.
    """
    # A file's name is shown as it is, never as markup.
    box = QMessageBox(window, textFormat=Qt.TextFormat.PlainText)
    box.setWindowTitle("Recording goes on")
    box.setText(
        "A recording is running. It goes on when this window is closed.\n\n"
        f"File: {Path(status.file).name}\n"
        f"To stop it later, open the dashboard again and press Stop ({key_of('record')})."
    )
    close = box.addButton("Close, keep recording", QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton("Stop recording and close", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton("Do not close", QMessageBox.ButtonRole.RejectRole)
    close.clicked.connect(keep)
    stop.clicked.connect(end)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def farewell(status: FoundRecorder) -> str:
    """The line in the terminal when the window is closed and a recording continues."""
    by_hand = f", or run: kill -INT {status.pid}" if status.pid else ""
    return (
        f"The recording goes on: {status.file}. To stop it, open the dashboard again and press "
        f"Stop ({key_of('record')}){by_hand}"
    )
