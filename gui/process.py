"""Child processes of the dashboard: started, watched, stopped."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QProcess, Signal

_TERMINATE_MS = 800


@dataclass(frozen=True)
class Command:
    """A command line by name, as ``Command("engine", ("python", "-m", "bci", "run", ...))``."""

    name: str
    argv: tuple[str, ...]


class Child(QObject):
    """One child process. Its standard input stays open for as long as we live."""

    said = Signal(str)  # a line of its output
    running = Signal(bool)
    died = Signal(str)  # ended without being asked to; one sentence

    def __init__(self, command: Command, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.command = command
        self._asked_to_stop = False
        self._last_line = ""
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)

    @property
    def is_running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        return int(self._process.processId())

    def start(self) -> None:
        if self.is_running:
            return
        self._asked_to_stop = False
        self._last_line = ""
        self._process.start(self.command.argv[0], list(self.command.argv[1:]))
        self.running.emit(True)

    def stop(self) -> None:
        """End it: ask, and after most of a second insist."""
        self._asked_to_stop = True
        if not self.is_running:
            return
        self._process.terminate()
        if not self._process.waitForFinished(_TERMINATE_MS):
            self._process.kill()
            self._process.waitForFinished(200)

    def _read(self) -> None:
        text = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        for line in text.splitlines():
            if line.strip():
                self._last_line = line.strip()[:500]
                self.said.emit(f"{self.command.name}: {self._last_line}")

    def _finished(self, code: int, _status: QProcess.ExitStatus) -> None:
        self._read()
        self.running.emit(False)
        if not self._asked_to_stop:
            why = f": {self._last_line}" if self._last_line else ""
            self.died.emit(f"The {self.command.name} ended by itself (exit code {code}){why}")

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.running.emit(False)
            self.died.emit(f"The {self.command.name} could not be started: {self.command.argv[0]}")
