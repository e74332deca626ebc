"""The window's top row: which stream is shown, and the buttons of what surrounds it."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.widgets.elided import Elided
from gui.widgets.pieces import button, named, tip

# A longer name says no more.
_LONGEST = 43


class Header(QWidget):
    """Title and badge on the left; buttons of the programs, the log and the theme on the right."""

    def __init__(self, programs: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = named(Elided(), "title")
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        self.connect_button = button("Connect", "Streams and devices (Ctrl+K)")
        self.connect_button.setCheckable(True)
        self.replay_button = button(
            "Recordings", "Look through a recording, and run a model over it (Ctrl+Shift+O)"
        )
        self.calibrate_button = button("Calibrate", "Train a model, step by step (Ctrl+G)")
        self.log_button = button("Log", "What the programs say (Ctrl+L)")
        self.log_button.setCheckable(True)
        self.theme_button = button("Light", "Dark or light (Ctrl+T)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.connect_button)
        row.addSpacing(6)
        row.addWidget(self.title)
        row.addWidget(self.badge)
        row.addStretch()
        row.addWidget(self.calibrate_button)
        row.addWidget(programs)
        row.addWidget(self.replay_button)
        row.addWidget(self.log_button)
        row.addWidget(self.theme_button)
        self.set_title("waiting for a stream ...")

    def show_badge(self, simulated: bool, replayed: bool) -> None:
        """Say what no person gives at this moment."""
        words = ("SIMULATED SIGNAL" if simulated else "", "REPLAY" if replayed else "")
        self.badge.setText(" \u00b7 ".join(word for word in words if word))
        self.badge.setVisible(simulated or replayed)

    def set_title(self, text: str) -> str:
        """Show a title, shortened where it is too long; returns what is shown."""
        short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
        self.title.setText(short)
        self.title.setToolTip(tip(text))
        return short
