"""Asking for a recording, of any kind that can be read."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from bci.recording.formats import ENDINGS

RECORDINGS = f"Recordings ({' '.join(f'*{ending}' for ending in ENDINGS)});;All files (*)"


def ask_for_recording(
    parent: QWidget, title: str, start: str, chosen: Callable[[str], object]
) -> None:
    """Show a dialog that begins at ``start``; ``chosen`` is called with the file, if one is."""
    dialog = QFileDialog(parent, title, start, RECORDINGS)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(chosen)
    # Not `exec`: the window goes on drawing.
    dialog.open()
