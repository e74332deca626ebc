"""The process of one bridge: its start, its end, and its restart after a crash."""

import time

from PySide6.QtCore import QObject, QTimer, Signal

from bci.messages import PluginEntry
from gui.processes.child import Child, Command
from gui.processes.restart_policy import AGAIN, LEAST_S, RestartPolicy, then

KEYS = "keys"
_STARTING = "starting ..."


class BridgeProcess(QObject):
    """The process ``bci bridge NAME PARAMETER=VALUE ...``.

    ``state`` is a sentence about the running bridge and ``failure`` one about its crash; both
    may be empty. A bridge that worked and then crashed is started again. The bridge that presses
    keys is an exception, since its keys could be pressed unwatched.
    """

    changed = Signal()
    logged = Signal(str)
    problem = Signal(str, str)  # one sentence, and the bridge that it is about
    well = Signal(str)  # the bridge whose problem is over, since it runs now

    def __init__(self, entry: PluginEntry, bci: tuple[str, ...], parent: QObject) -> None:
        super().__init__(parent)
        self.name, self._bci = entry.name, bci
        self.state = self.failure = ""
        self.child = Child(Command(f"bridge {entry.name}", ()), self)
        self.child.running.connect(self._on_running)
        self.child.logged.connect(self._on_logged)
        self.child.died.connect(self._on_died)
        self._policy = RestartPolicy(f"press Start beside {entry.name}")

    @property
    def is_running(self) -> bool:
        return self.child.is_running

    def start(self, values: dict[str, str]) -> None:
        """Start the bridge with ``values`` by parameter; does nothing while it runs."""
        pairs = (f"{key}={value}" for key, value in values.items())
        argv = (*self._bci, "bridge", self.name, *pairs, "--json", "--with-parent")
        self.child.command = Command(self.child.command.name, argv)
        self._begin()

    def stop(self) -> None:
        """Request the end of the process, and kill it a second later; returns at once.

        The bridge that presses keys first releases them.
        """
        if not self.is_running:
            return
        if self.name == KEYS:
            self.child.write_line("stop")
        self.child.stop()
        self._show("stopping ...")

    def _begin(self) -> None:
        self._show(_STARTING)
        self.child.start()

    def _on_running(self, running: bool) -> None:
        if running:
            self.well.emit(self._subject)
            QTimer.singleShot(round(1000 * LEAST_S), self, self._note_silent)
        elif self.child.was_stopped:
            self.state = ""
        self.changed.emit()

    def _note_silent(self) -> None:
        """Show that a bridge runs which printed nothing for the first seconds."""
        if self.is_running and self.state == _STARTING:
            self._show("runs")

    def _on_logged(self, line: str) -> None:
        self.logged.emit(line)
        self._show(f"runs: {line.removeprefix(f'{self.child.command.name}: ')}")

    def _on_died(self, why: str) -> None:
        worked = self.child.age_s >= LEAST_S
        advice = self._policy.why_not(self.child.exit_code, worked, time.monotonic())
        if not advice and self.name == KEYS:
            advice = f"Keys are released. To press again, press Start beside {self.name}."
        if advice:
            self._show("", f"{why}.")
        else:
            self._begin()
        self.problem.emit(then(why, advice or AGAIN), self._subject)

    @property
    def _subject(self) -> str:
        return f"bridge {self.name}"

    def _show(self, state: str, failure: str = "") -> None:
        self.state, self.failure = state, failure
        self.changed.emit()
