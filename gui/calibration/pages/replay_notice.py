"""A strip that says that a replayed recording cannot follow cues, and offers what can."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.actions import with_key
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import named


class ReplayNotice(QFrame):
    """One sentence, and a button for each way on."""

    simulator_wanted = Signal()
    headset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.text = named(Sentence(), "noticetext")
        self.simulator = button(
            "Use the simulator", with_key("Stream a person who follows cues", "calibrate-simulator")
        )
        self.simulator.clicked.connect(self.simulator_wanted)
        self.headset = button(
            "Connect a headset", with_key("Choose a device in the dashboard", "calibrate-headset")
        )
        self.headset.clicked.connect(self.headset_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 4, 4)
        row.addWidget(self.text, 1)
        row.addWidget(self.simulator)
        row.addWidget(self.headset)
        self.hide()

    def show_stream(self, name: str) -> None:
        """Say it of this stream; nothing where there is none."""
        self.setVisible(bool(name))
        self.text.setText(
            f"{name} is a replayed recording: it cannot follow your cues. A run of it would teach "
            "a model nothing."
        )
