"""A strip that warns where the decisions are of another stream than the one shown."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from gui.actions import with_key
from gui.decisions.status_line import DashboardStatus
from gui.processes.child import Command
from gui.processes.engine_command import stream_of
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import named

_LONGEST = 24
_NAME = "decode-shown"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An engine that decodes, or waits for, another stream than the one shown."""

    decoded: str
    shown: str
    own: bool  # whether the engine is ours to start again
    waits: bool = False

    @property
    def sentence(self) -> str:
        if self.waits:
            return f"The engine waits for {self.decoded}. The stream shown is {self.shown}."
        return f"The decisions are of {self.decoded}. The stream shown is {self.shown}."


def find_mismatch(
    situation: DashboardStatus, command: Command | None, own: bool
) -> Mismatch | None:
    """An engine that is there for another stream than the one shown, if it is.

    Parameters
    ----------
    situation : DashboardStatus
    command : Command, optional
        How our engine was started.
    own : bool
        Whether it is our engine that runs.
    """
    waits = not situation.engine_alive
    if not situation.signal_alive or (waits and not own):
        return None
    decoded = situation.decoded
    if waits:
        decoded = stream_of(command) if command is not None else ""
    if not decoded or decoded == situation.stream_name:
        return None
    return Mismatch(decoded[:200], situation.stream_name, own, waits)


class EngineNotice(QFrame):
    """The sentence, and one button that makes both the same stream."""

    decode_wanted = Signal(str)  # the stream that the engine shall decode
    show_wanted = Signal(str)  # the stream that the window shall show

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._mismatch: Mismatch | None = None
        self.text = named(ElidedLabel(), "noticetext")
        self.change: QPushButton = button("", with_key("Decode what is shown", _NAME))
        self.change.clicked.connect(self._change)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 4, 3)
        row.addWidget(self.text, 1)
        row.addStretch()
        row.addWidget(self.change)
        self.hide()

    def show_mismatch(self, mismatch: Mismatch | None) -> None:
        """Say what does not agree; nothing where all does."""
        if mismatch == self._mismatch:
            return
        self._mismatch = mismatch
        self.setVisible(mismatch is not None)
        if mismatch is None:
            return
        self.text.setText(mismatch.sentence)
        if mismatch.own:
            self.change.setText(f"Decode {_short(mismatch.shown)}")
            self.change.setToolTip(
                with_key("Start the engine again on the stream that is shown", _NAME)
            )
        else:
            self.change.setText(f"Show {_short(mismatch.decoded)}")
            self.change.setToolTip(with_key("Show the stream that this engine decodes", _NAME))

    def _change(self) -> None:
        if self._mismatch is None:
            return
        if self._mismatch.own:
            self.decode_wanted.emit(self._mismatch.shown)
        else:
            self.show_wanted.emit(self._mismatch.decoded)


def _short(name: str) -> str:
    """The name on a button, where an ampersand would mark a key."""
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
    return short.replace("&", "&&")
