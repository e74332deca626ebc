"""A dialog for recordings of any readable format."""

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
    """Show a dialog for recordings; returns at once.

    It begins at ``start``, a file or a folder. ``chosen`` is called with the files, unless the
    user cancels. With ``several`` more than one file can be chosen.
    """
    dialog = QFileDialog(parent, title, start, RECORDINGS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    modes = QFileDialog.FileMode
    dialog.setFileMode(modes.ExistingFiles if several else modes.ExistingFile)
    dialog.filesSelected.connect(lambda files: chosen([Path(file) for file in files]))
    # Qt opens the folder of a file by itself, but does not select the file.
    if Path(start).is_file():
        dialog.selectFile(start)
    dialog.setViewMode(QFileDialog.ViewMode.Detail)
    for table in dialog.findChildren(QTreeView):
        # Columns fit their content, since names of recordings are long and differ at the end.
        table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    resize_within_screen(dialog, QSize(960, 560))
    # Not `exec`, which would block, so that the window continues drawing.
    dialog.open()


def newest_recording(folder: Path) -> Path:
    """Return the newest XDF file below ``folder``; the folder itself without one."""
    found = [(file.stat().st_mtime, file) for file in folder.rglob("*.xdf") if file.is_file()]
    return max(found)[1] if found else folder
