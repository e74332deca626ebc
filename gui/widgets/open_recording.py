"""Asking for a recording, of any kind that can be read."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFileDialog, QHeaderView, QTreeView, QWidget

from bci.recording.formats import ENDINGS
from gui.widgets.window_size import resize_within_screen

RECORDINGS = f"Recordings ({' '.join(f'*{ending}' for ending in ENDINGS)});;All files (*)"


def ask_for_recordings(
    parent: QWidget,
    title: str,
    start: str,
    chosen: Callable[[list[Path]], object],
    several: bool = False,
) -> None:
    """Show a dialog that begins at ``start``; ``chosen`` is called with the files, if any are."""
    dialog = QFileDialog(parent, title, start, RECORDINGS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    modes = QFileDialog.FileMode
    dialog.setFileMode(modes.ExistingFiles if several else modes.ExistingFile)
    dialog.filesSelected.connect(lambda files: chosen([Path(file) for file in files]))
    # Qt takes the file's folder by itself, but does not mark the file.
    if Path(start).is_file():
        dialog.selectFile(start)
    dialog.setViewMode(QFileDialog.ViewMode.Detail)
    for table in dialog.findChildren(QTreeView):
        # Names of recordings are long, and differ at their end; sizes are not to be cut either.
        table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    resize_within_screen(dialog, QSize(960, 560))
    # Not `exec`: the window continues drawing.
    dialog.open()


def newest_recording(folder: Path) -> Path:
    """The recording below a folder that was written last; the folder where there is none."""
    found = [(file.stat().st_mtime, file) for file in folder.rglob("*.xdf") if file.is_file()]
    return max(found)[1] if found else folder
