"""Child processes of the dashboard: started, watched, stopped."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QDeadlineTimer, QObject, QProcess, QTimer, Signal

_INSIST_MS = 1000
_CLOSING_MS = 700
_KILLED_MS = 200
# Of a last line, so that there is room for what to do about it.
_MOST_LETTERS = 250


@dataclass(frozen=True)
class Command:
    """A command line by name, as ``Command("engine", ("python", "-m", "bci", "run", ...))``."""

    name: str
    argv: tuple[str, ...]


class Child(QObject):
    """One child process. Its standard input stays open for as long as we live.

    Attributes
    ----------
    exit_code : int
        Of its last end: its exit code, or the signal that ended it; -1 if it never began.
    asked_to_stop : bool
        Whether it ends, or ended, because it was told to.
    """

    said = Signal(str)  # a line of its output
    running = Signal(bool)
    died = Signal(str)  # ended without being asked to; one sentence without its full stop

    def __init__(self, command: Command, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.command = command
        self.exit_code = -1
        self._began = 0.0
        self.asked_to_stop = False
        self._last_line = ""
        self._starts_again = False
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        if sys.platform != "win32":
            # Ctrl-C in our terminal is for us: we end our children, or leave them.
            self._process.setUnixProcessParameters(QProcess.UnixProcessFlag.CreateNewSession)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._insist = QTimer(self)
        self._insist.setSingleShot(True)
        self._insist.setInterval(_INSIST_MS)
        self._insist.timeout.connect(self._process.kill)

    @property
    def is_running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        return int(self._process.processId())

    @property
    def age_s(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._began

    def start(self) -> None:
        if self.is_running:
            return
        self.asked_to_stop = False
        self._last_line = ""
        self._began = time.monotonic()
        self._process.start(self.command.argv[0], list(self.command.argv[1:]))
        self.running.emit(True)

    def write_line(self, text: str) -> None:
        """Send a line to its standard input."""
        self._process.write(f"{text}\n".encode())

    def stop(self) -> None:
        """Ask it to end, and insist a second later; returns at once."""
        self.asked_to_stop = True
        self._starts_again = False
        if self.is_running:
            self._process.terminate()
            self._insist.start()

    def restart(self) -> None:
        """Start it as its command now is, after the end of what runs; returns at once."""
        if self.is_running:
            self.stop()
            self._starts_again = True
        else:
            self.start()

    def wait(self, deadline: QDeadlineTimer) -> None:
        """Wait for its end after `stop`, and kill it at the deadline."""
        if self.is_running and not self._process.waitForFinished(max(0, deadline.remainingTime())):
            self._process.kill()
            self._process.waitForFinished(_KILLED_MS)

    def _read(self) -> None:
        while self._process.canReadLine():
            self._say(bytes(self._process.readLine().data()))

    def _say(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()[:500]
        if text:
            self._last_line = text
            self.said.emit(f"{self.command.name}: {text}")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._insist.stop()
        self._read()
        self._say(bytes(self._process.readAllStandardOutput().data()))
        self.exit_code = code
        self.running.emit(False)
        if self._starts_again:
            self._starts_again = False
            self.start()
        elif not self.asked_to_stop:
            crashed = status == QProcess.ExitStatus.CrashExit
            self.died.emit(f"The {self.command.name} {_how(code, crashed, self._last_line)}")

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.exit_code = -1
            self.running.emit(False)
            self.died.emit(f"The {self.command.name} could not be started: {self.command.argv[0]}")


def _how(code: int, crashed: bool, last_line: str) -> str:
    """Say how a program ended, with its own last words."""
    last = last_line[:_MOST_LETTERS].rstrip(".")
    if not last:
        return f"ended by itself (exit code {code})"
    # What ends by a signal does not say why.
    if crashed:
        return f"ended by itself (exit code {code}); it said last: {last}"
    return f"ended by itself: {last.removeprefix('error: ')}"


def then(sentence: str, more: str) -> str:
    """One sentence after another; the first may end in a question mark."""
    return f"{sentence} {more}" if sentence.endswith(("?", "!")) else f"{sentence}. {more}"


def stop_all(children: Sequence[Child]) -> None:
    """End all children together, within a second; for the moment the window closes."""
    for child in children:
        child.stop()
    deadline = QDeadlineTimer(_CLOSING_MS)
    for child in children:
        child.wait(deadline)
