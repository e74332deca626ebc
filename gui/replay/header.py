"""The replay window's top row: which recording is open, and the models for it."""

from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.replay.lanes import clock
from gui.replay.model_choice import ModelChoice
from gui.replay.opened_recording import OpenedRecording
from gui.widgets.pieces import button, named, plain, tip
from gui.widgets.units import counted

_NONE = "no recording is open"
_LONGEST = 60


class ReplayHeader(QWidget):
    """The recording's name and size on the left, what can be run over it on the right."""

    def __init__(self, models: ModelChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.open_button = button("Open ...", "Open a recording (Ctrl+O)")
        self.title = plain(named(QLabel(_NONE), "title"))
        self.about = plain(named(QLabel(), "dim"))
        # Where there is not the room they are cut off; the window does not grow.
        self.title.setMinimumWidth(160)
        self.about.setMinimumWidth(40)
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.open_button, self.title, self.badge, self.about):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(models)

    def show_reading(self, file: Path) -> None:
        """A file is being read."""
        self.title.setText(f"reading {file.name} ...")

    def show_unread(self, opened: OpenedRecording | None) -> None:
        """It could not be read: what was open before still is."""
        self.title.setText(opened.file.name if opened else _NONE)

    def show_recording(self, opened: OpenedRecording) -> None:
        """A recording is open."""
        name, info = opened.file.name, opened.recording.info
        self.title.setText(name if len(name) <= _LONGEST else f"{name[:_LONGEST]} ...")
        self.title.setToolTip(tip(str(opened.file)))
        self.badge.setVisible(info.simulated)
        duration = float(opened.recording.timestamps[-1])
        self.about.setText(
            f"{counted(info.n_channels, 'channel')}, {info.sfreq:g} Hz, {clock(duration)}"
        )
