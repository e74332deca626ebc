"""The question before the dashboard closes during a recording."""

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
    """Ask whether the recording should continue after the dashboard's end.

    The answer calls ``keep`` to let it continue, ``end`` to stop it, or neither to keep the
    dashboard open. Returns at once; the window draws on meanwhile.
    """
    # Plain text, so that a file's name is never read as markup.
    box = QMessageBox(window, textFormat=Qt.TextFormat.PlainText)
    box.setWindowTitle("Recording continues")
    box.setText(
        "A recording is running. It continues when this window is closed.\n\n"
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
    """Return the line for the terminal if a recording continues after the window."""
    by_hand = f", or run: kill -INT {status.pid}" if status.pid else ""
    return (
        f"The recording continues: {status.file}. To stop it, open the dashboard again and press "
        f"Stop ({key_of('record')}){by_hand}"
    )
