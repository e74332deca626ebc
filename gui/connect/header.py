"""The window's top row: the name of the shown stream, and frequent commands."""

from PySide6.QtWidgets import QLabel, QWidget

from bci.signals import StreamInfo
from gui.actions import WindowActions, action_button
from gui.connect.shown_signal import ShownSignal
from gui.processes.engine_watch import EngineWatch
from gui.processes.status_line import DashboardStatus
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import named, row_of

_LONGEST = 43
_BUTTONS = ("panel-connect", "calibrate", "recordings", "panel-log", "theme")


class Header(QWidget):
    """Stream name and badge on the left; buttons of frequent commands on the right."""

    def __init__(self, commands: WindowActions, programs: QWidget, status: DashboardStatus) -> None:
        super().__init__()
        self._status = status
        self.title = named(ElidedLabel("waiting for a stream ..."), "title")
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        self.buttons = {name: action_button(commands[name]) for name in _BUTTONS}
        connect, calibrate, *others = self.buttons.values()
        left, right = (connect, 6, self.title, self.badge), (calibrate, programs, *others)
        self.setLayout(row_of(*left, None, *right))

    def follow(self, signal: ShownSignal, engine: EngineWatch) -> None:
        """From now on show the name of ``signal``, here and in the window's title."""
        signal.awaited.connect(self._show_awaited)
        signal.found.connect(self._show_found)
        engine.changed.connect(self._show_badge)

    def _show_awaited(self, name: str) -> None:
        self.title.setText(f"waiting for {name} ...")
        self._show_badge()

    def _show_found(self, info: StreamInfo) -> None:
        self.title.setText(info.name)
        what = " (simulated signal)" if info.simulated else " (replay)" if info.replayed else ""
        self.window().setWindowTitle(f"{info.name[:_LONGEST]} - bci{what}")
        self._show_badge()

    def _show_badge(self) -> None:
        """Show a badge if the signal is simulated or replayed."""
        simulated, replayed = self._status.simulated, self._status.signal_replayed
        both = " \u00b7 " * (simulated and replayed)
        self.badge.setText("SIMULATED SIGNAL" * simulated + both + "REPLAY" * replayed)
        self.badge.setVisible(simulated or replayed)
