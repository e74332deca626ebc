"""Which devices can be connected; told by ``bci devices --json``, a child process."""

import json
from dataclasses import dataclass

from PySide6.QtCore import QObject, QProcess, Signal


@dataclass(frozen=True, slots=True)
class Device:
    """A device by name; ``needs`` and ``takes`` are the names of its parameters."""

    name: str
    what: str
    transport: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class DeviceCatalogue(QObject):
    """Fetches the list of devices without holding up the window.

    Parameters
    ----------
    bci : tuple of str
        How the command line is called, as ``("python", "-m", "bci")``.
    """

    found = Signal(tuple)  # of Device
    failed = Signal(str)  # one sentence

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._argv = (*bci, "devices", "--json")
        self._process = QProcess(self)
        self._process.finished.connect(self._read)
        self._process.errorOccurred.connect(self._say_failed)

    def fetch(self) -> None:
        """Ask, unless an answer is under way."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            return
        self._process.start(self._argv[0], list(self._argv[1:]))

    def retire(self) -> None:
        """Give up what is under way; returns at once."""
        self._process.blockSignals(True)
        self._process.kill()

    def stop(self) -> None:
        """Give up what is under way, and wait until it is gone."""
        self.retire()
        self._process.waitForFinished(200)

    def _read(self, code: int, _status: QProcess.ExitStatus) -> None:
        said = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        try:
            devices = parse_devices(bytes(self._process.readAllStandardOutput().data()))
        except ValueError:
            last = (said.strip().splitlines() or [f"exit code {code}"])[-1]
            self.failed.emit(f"The list of devices could not be made: {last[:300]}")
            return
        self.found.emit(devices)

    def _say_failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.failed.emit(f"The list of devices could not be made: no {self._argv[0]}")


def has_brainflow(devices: tuple[Device, ...]) -> bool:
    """Whether BrainFlow's boards are among them; its simulated one always is."""
    return any(device.name == "synthetic" for device in devices)


def parse_devices(answer: bytes) -> tuple[Device, ...]:
    """The devices in an answer of ``bci devices --json``.

    Raises
    ------
    ValueError
        If it is no such answer.
    """
    try:
        listed = json.loads(answer)
        if not isinstance(listed, list):
            raise TypeError
        return tuple(
            Device(
                str(entry["name"]), str(entry["what"]), str(entry["transport"]),
                tuple(map(str, entry["needs"])), tuple(map(str, entry["takes"])),
            )
            for entry in listed
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError("not a list of devices") from problem
