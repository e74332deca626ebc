"""A warning that the engine decodes another stream than the shown one."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from gui.actions import with_key
from gui.processes.child import Command
from gui.processes.engine_command import stream_of
from gui.processes.status_line import DashboardStatus
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import named, row_of

_LONGEST = 24
_NAME = "decode-shown"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An engine that decodes, or waits for, another stream than the shown one."""

    decoded: str
    shown: str
    own: bool  # whether the engine was started here, so that it can be started again
    waits: bool = False  # whether it waits for the stream

    @property
    def sentence(self) -> str:
        does = "The engine waits for" if self.waits else "The decisions are of"
        return f"{does} {self.decoded}. The stream shown is {self.shown}."


def find_mismatch(
    situation: DashboardStatus, command: Command | None, own: bool
) -> Mismatch | None:
    """Return the mismatch between the engine's stream and the shown one, None without.

    ``command`` is the command of the engine that was started here. ``own`` is whether that engine
    runs.
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
    """A strip with the warning, and a button that makes both streams the same."""

    decode_wanted = Signal()  # decode the shown stream
    show_wanted = Signal(str)  # show the stream of this name

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._mismatch: Mismatch | None = None
        self.text = named(ElidedLabel(), "noticetext")
        self.change = button("", with_key("Decode what is shown", _NAME), self._change)
        self.setLayout(row_of(self.text, None, self.change, margins=(10, 3, 4, 3)))
        self.hide()

    def show_mismatch(self, mismatch: Mismatch | None) -> None:
        """Show a mismatch; None hides the strip."""
        if mismatch == self._mismatch:
            return
        self._mismatch = mismatch
        self.setVisible(mismatch is not None)
        if mismatch is None:
            return
        self.text.setText(mismatch.sentence)
        if mismatch.own:
            does, name = "Decode", mismatch.shown
            how = "Start the engine again on the stream that is shown"
        else:
            does, name = "Show", mismatch.decoded
            how = "Show the stream that this engine decodes"
        # A single ampersand in a button's text would mark a shortcut.
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
        self.change.setText(f"{does} {short.replace('&', '&&')}")
        self.change.setToolTip(with_key(how, _NAME))

    def _change(self) -> None:
        if self._mismatch is None:
            return
        if self._mismatch.own:
            self.decode_wanted.emit()
        else:
            self.show_wanted.emit(self._mismatch.decoded)
