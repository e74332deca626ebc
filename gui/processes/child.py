"""Child processes of the dashboard, all of which are started here."""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QDeadlineTimer, QObject, QProcess, QTimer, Signal

from bci.errors import MessageError
from bci.messages import ErrorEvent, NoteEvent, read_event
from bci.messages.reading import Lines

_INSIST_MS = 1000
_CLOSING_MS = 700
_KILLED_MS = 200
_LOOK_EVERY_MS = 100
_MAX_LETTERS = 500
# Longest reason of an end, so that advice fits after it.
_MAX_REASON_LETTERS = 250
# Processes that may continue after the dashboard. Qt kills a process when its QProcess is deleted,
# so the objects are kept. `QProcess.startDetached` would not report how a process ended.
_KEPT: list[QProcess] = []


@dataclass(frozen=True)
class Command:
    """A named command line: ``Command("engine", ("python", "-m", "bci", ...))``."""

    name: str
    argv: tuple[str, ...]


class Child(QObject):
    """One child process; its standard output has events, its standard error a log.

    A line of the output that is no event, and the text of a note event, are lines of the log. The
    standard input of a child stays open until the dashboard ends.

    With ``outlives``, the process continues after the dashboard's end. Then its output goes to a
    file that is read here, since a pipe would have no reader later. It gets no `write_line`.

    Attributes
    ----------
    exit_code : int
        Exit code of the last end, or the signal that ended the process; -1 if it never began.
    has_crashed : bool
        Whether a signal ended the process.
    was_stopped : bool
        Whether the process ends, or ended, because it was stopped here.
    """

    reported = Signal(object)  # an event, of `bci.messages`
    logged = Signal(str)  # a line of the log, after the command's name
    running = Signal(bool)
    died = Signal(str)  # the process ended by itself; one sentence without its full stop

    def __init__(
        self, command: Command, parent: QObject | None = None, outlives: bool = False
    ) -> None:
        super().__init__(parent)
        self.command = command
        self.exit_code = -1
        self.has_crashed = False
        self.was_stopped = False
        self._outlives = outlives
        self._began = 0.0
        self._last_line = self._error = ""
        self._starts_again = False
        self._output, self._log = Lines(), Lines()
        self._process = QProcess(None if outlives else self)
        self._file: BinaryIO | None = None
        if outlives:
            self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
            self._process.setStandardInputFile(QProcess.nullDevice())
        if sys.platform != "win32":
            # Ctrl-C in the terminal reaches only the dashboard, which ends or leaves its children.
            flags = QProcess.UnixProcessFlag.CreateNewSession
            # The child must not keep the dashboard's network connections open.
            flags |= QProcess.UnixProcessFlag.CloseFileDescriptors
            self._process.setUnixProcessParameters(flags)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._insist = QTimer(self, singleShot=True, interval=_INSIST_MS)
        self._insist.timeout.connect(self._process.kill)
        self._look = QTimer(self, interval=_LOOK_EVERY_MS)
        self._look.timeout.connect(self._read)

    @property
    def is_running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        return int(self._process.processId())

    @property
    def age_s(self) -> float:
        """Seconds since the process was started."""
        return time.monotonic() - self._began

    @property
    def end_reason(self) -> str:
        """The reason of the last end: the error event, else the last line of the log."""
        last = self._error or self._last_line.removeprefix("error: ")
        return last[:_MAX_REASON_LETTERS].rstrip(".")

    def start(self) -> None:
        """Start the process; does nothing while it runs."""
        if self.is_running:
            return
        self.was_stopped = self.has_crashed = False
        self._last_line = self._error = ""
        self._began = time.monotonic()
        if self._outlives:
            _KEPT.append(self._process)
            handle, self._path = tempfile.mkstemp(prefix=f"bci-{self.command.name}-", suffix=".log")
            # Kept open, since a cleaner of temporary files may remove it while the process runs.
            self._file = os.fdopen(handle, "rb")
            self._process.setStandardOutputFile(self._path)
            self._look.start()
        self._process.start(self.command.argv[0], list(self.command.argv[1:]))
        # Without a process id the start has failed already.
        if self.pid:
            self.running.emit(True)

    def write_line(self, text: str) -> None:
        """Send a line to the standard input of the process."""
        self._process.write(f"{text}\n".encode())

    def request_end(self) -> None:
        """Request the end of the process, without a time limit; returns at once."""
        self.was_stopped = True
        self._starts_again = False
        if self.is_running:
            self._process.terminate()

    def stop(self) -> None:
        """Request the end of the process, and kill it a second later; returns at once."""
        self.request_end()
        if self.is_running:
            self._insist.start()

    def restart(self) -> None:
        """End the process if it runs, then start the present command; returns at once."""
        if self.is_running:
            self.stop()
            self._starts_again = True
        else:
            self.start()

    def give_up(self) -> None:
        """Kill the process, and emit no more signals."""
        self.blockSignals(True)
        self.was_stopped = True
        self._process.kill()

    def leave(self) -> None:
        """Let the process continue after the dashboard, and emit no more signals."""
        if self.signalsBlocked():
            return
        self.blockSignals(True)
        self._look.stop()
        self._insist.stop()
        self._process.readyReadStandardOutput.disconnect(self._read)
        self._process.readyReadStandardError.disconnect(self._read)
        self._process.finished.disconnect(self._finished)
        if self.is_running and self._process not in _KEPT:
            self._process.setParent(None)
            _KEPT.append(self._process)

    def wait(self, deadline: QDeadlineTimer) -> None:
        """Wait for the end of the process after `stop`, and kill it at the deadline."""
        if self.is_running and not self._process.waitForFinished(max(0, deadline.remainingTime())):
            self._process.kill()
            self._process.waitForFinished(_KILLED_MS)

    def _read(self) -> None:
        if self._file is not None:
            output, log = self._file.read(), b""
        else:
            output = bytes(self._process.readAllStandardOutput().data())
            log = bytes(self._process.readAllStandardError().data())
        for line in self._output.take(output):
            self._take(line)
        for line in self._log.take(log):
            self._log_line(line.decode("utf-8", "replace"))

    def _take(self, line: bytes) -> None:
        try:
            event = read_event(line)
        except MessageError:
            self._log_line(line.decode("utf-8", "replace"))
            return
        if isinstance(event, NoteEvent):
            self._log_line(event.text)
        # The child also writes its error to the log, so the event adds no line.
        elif isinstance(event, ErrorEvent):
            self._error = event.text
        self.reported.emit(event)

    def _log_line(self, line: str) -> None:
        text = line.strip()[:_MAX_LETTERS]
        if text:
            self._last_line = text
            self.logged.emit(f"{self.command.name}: {text}")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._insist.stop()
        self._look.stop()
        self._read()
        self._take(self._output.rest())
        self._log_line(self._log.rest().decode("utf-8", "replace"))
        self._forget_output()
        self.exit_code = code
        self.has_crashed = status == QProcess.ExitStatus.CrashExit
        self.running.emit(False)
        if self._starts_again:
            self._starts_again = False
            self.start()
        elif not self.was_stopped:
            self.died.emit(f"The {self.command.name} {self._how()}")

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._look.stop()
            self._forget_output()
            self.exit_code = -1
            self.running.emit(False)
            self.died.emit(f"The {self.command.name} could not be started: {self.command.argv[0]}")

    def _forget_output(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            Path(self._path).unlink(missing_ok=True)
        if self._process in _KEPT:
            _KEPT.remove(self._process)

    def _how(self) -> str:
        last = self.end_reason
        if not last:
            return f"ended by itself (exit code {self.exit_code})"
        # After a signal, the last line is rarely the reason, so it is named as the last line.
        if self.has_crashed:
            return f"ended by itself (exit code {self.exit_code}); its last line: {last}"
        return f"ended by itself: {last}"


def stop_all(children: Sequence[Child]) -> None:
    """End all children within a second, because the window closes."""
    for child in children:
        child.stop()
    deadline = QDeadlineTimer(_CLOSING_MS)
    for child in children:
        child.wait(deadline)


def has_left_any() -> bool:
    """Return whether a process runs that continues after the dashboard's end."""
    return any(process.state() != QProcess.ProcessState.NotRunning for process in _KEPT)
