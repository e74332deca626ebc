"""Place of the recording that was just stopped, and two buttons to go there."""

from pathlib import Path

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.actions import with_key
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import named
from gui.widgets.units import counted


class SavedRecording(QWidget):
    """Shown from the end of a recording until the next one begins."""

    open_wanted = Signal(object)  # Path
    folder_wanted = Signal(object)  # Path of a file in it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self.files: tuple[Path, ...] = ()
        self.text = named(ElidedLabel(), "dim")
        self.open = named(
            button("Open", with_key("Look through it in Recordings", "open-saved")), "narrow"
        )
        self.open.clicked.connect(lambda: self._emit(self.open_wanted))
        self.folder = named(
            button("Show in folder", with_key("Open its folder", "saved-folder")), "narrow"
        )
        self.folder.clicked.connect(lambda: self._emit(self.folder_wanted))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch()
        for part in (self.text, self.open, self.folder):
            row.addWidget(part)
        self.hide()

    def show_files(self, files: tuple[Path, ...], described: str) -> None:
        """The files of one recording, oldest first; several where the recorder was restarted."""
        self.files = files
        names = ", ".join(file.name for file in reversed(files))
        several = f"{counted(len(files), 'file')}: " if len(files) > 1 else ""
        self.text.setText(f"Saved {several}{names} ({described})")
        self.show()

    def _emit(self, wanted: SignalInstance) -> None:
        if self.files:
            wanted.emit(self.files[-1])
