"""The devices that can be connected, as ``bci devices --json`` lists them."""

from PySide6.QtCore import QDeadlineTimer, QObject, Signal

from bci.messages import DeviceEntry, DevicesEvent
from gui.processes.child import Child, Command

_STOP_MS = 200


class DeviceCatalogue(QObject):
    """Fetches the list of devices without holding up the window.

    Parameters
    ----------
    bci : tuple of str
        How the command line is called, as ``("python", "-m", "bci")``.
    """

    found = Signal(tuple)  # of DeviceEntry
    failed = Signal(str)  # one sentence

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answer: DevicesEvent | None = None
        self._child = Child(Command("list of devices", (*bci, "devices", "--json")), self)
        self._child.reported.connect(self._on_event)
        self._child.running.connect(self._on_running)

    def fetch(self) -> None:
        """Ask, unless an answer is under way."""
        if not self._child.is_running:
            self._answer = None
            self._child.start()

    def retire(self) -> None:
        """Give up what is under way; returns at once."""
        self._child.give_up()

    def stop(self) -> None:
        """Give up what is under way, and wait until it is gone."""
        self.retire()
        self._child.wait(QDeadlineTimer(_STOP_MS))

    def _on_event(self, event: object) -> None:
        if isinstance(event, DevicesEvent):
            self._answer = event

    def _on_running(self, running: bool) -> None:
        child = self._child
        if running:
            return
        if self._answer is not None:
            self.found.emit(self._answer.devices)
            return
        if child.exit_code == -1:
            why = f"no {child.command.argv[0]}"
        else:
            why = child.end_reason or f"exit code {child.exit_code}"
        self.failed.emit(f"The list of devices could not be made: {why}")


def has_brainflow(devices: tuple[DeviceEntry, ...]) -> bool:
    """Whether BrainFlow's boards are among them; its simulated one always is."""
    return any(device.name == "synthetic" for device in devices)
