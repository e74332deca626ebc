"""Recorders, each a process of its own: started here or elsewhere, found by what they publish."""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, SignalInstance

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.predictions import StatusInlet
from bci.messages import RecorderStatus
from gui.pollers import describe_unread

_POLL_S = 0.1
_STOP_S = 0.8
_LONGEST_PATH, _LONGEST_NAME = 1000, 200


@dataclass(frozen=True, slots=True)
class FoundRecorder:
    """A recorder on the network and its last status; ``pid`` is 0 where it runs elsewhere.

    ``streams`` are those that are there, ``missing`` the others, and ``regular`` those with a rate
    and the number of samples of each.
    """

    uid: str
    hostname: str
    pid: int
    file: str
    elapsed_s: float
    n_bytes: int
    streams: tuple[str, ...]
    missing: tuple[str, ...]
    regular: tuple[tuple[str, int], ...] = ()


@dataclass
class _Heard:
    found: FoundStream
    inlet: StatusInlet
    status: FoundRecorder | None = None


class RecorderLink(QObject):
    """Starts a recorder that outlives the dashboard, finds those that run, and stops one.

    All of it in a thread of its own. A recorder started here gets no pipe from us and a session
    of its own, so that neither our end nor Ctrl-C in our terminal reaches it.
    """

    changed = Signal(object)  # FoundRecorder, or None when no recorder runs
    said = Signal(str)  # a line of a recorder started here
    failed = Signal(str)  # one sentence
    unread = Signal(str)  # why a recorder on the network cannot be understood
    died = Signal(int, str)  # one started here ended unasked: its exit code, and why
    ended = Signal()  # a recorder started here; its file is complete

    def __init__(self) -> None:
        super().__init__()
        self._stopping = threading.Event()
        self._wanted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._opened: queue.SimpleQueue[_Heard] = queue.SimpleQueue()
        self._heard: dict[str, _Heard] = {}
        self._opening: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._own, self._asked_to_end = -1, False
        self._log: Path | None = None
        self._log_at = 0
        self._last_line = ""
        self._last: FoundRecorder | None = None
        self._unread_told: set[str] = set()
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def own_pid(self) -> int:
        """Process of the recorder that was started here last; -1 if none was."""
        return self._own

    def start(self) -> None:
        """Begin to look for recorders."""
        self._thread.start()

    def retire(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stopping.set()

    def stop(self, timeout_s: float = _STOP_S) -> None:
        """End the thread, and wait for it; recorders go on."""
        self.retire()
        self._thread.join(timeout_s)

    def record(self, argv: tuple[str, ...]) -> None:
        """Start a recorder; returns at once."""
        self._wanted.put(lambda: self._spawn(argv))

    def end(self, status: FoundRecorder | None) -> None:
        """Ask a recorder, or the one just started, to end with all it has; returns at once."""
        self._wanted.put(lambda: self._interrupt(status))

    def _work(self) -> None:
        watch = StreamWatch(StreamQuery(name="recorder-status", type="Status"))
        while not self._stopping.wait(_POLL_S):
            while not self._wanted.empty():
                self._wanted.get()()
            self._follow_process()
            self._adopt(watch.poll())
            self._poll()
        for heard in self._heard.values():
            heard.inlet.close()

    def _spawn(self, argv: tuple[str, ...]) -> None:
        if self._process is not None:
            return
        handle, log = tempfile.mkstemp(prefix="bci-record-", suffix=".log")
        detached = getattr(subprocess, "DETACHED_PROCESS", 0)
        try:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=handle,
                start_new_session=True, creationflags=detached,
            )  # fmt: skip
            self._own, self._asked_to_end = self._process.pid, False
        except OSError as error:
            self._tell(self.failed, f"The recorder could not be started: {error}")
            self._tell(self.ended)
        finally:
            os.close(handle)
        self._log, self._log_at, self._last_line = Path(log), 0, ""

    def _follow_process(self) -> None:
        """Pass on what the recorder that we started says, and how it ends."""
        if self._process is None or self._log is None:
            return
        code = self._process.poll()
        with self._log.open("rb") as file:
            file.seek(self._log_at)
            text = file.read()
        whole = text if code is not None else text[: text.rfind(b"\n") + 1]
        self._log_at += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            if line.strip():
                self._last_line = line.strip()[:500]
                self._tell(self.said, f"recorder: {self._last_line}")
        if code is None:
            return
        self._process = None
        self._log.unlink(missing_ok=True)
        # Its last status must not stand as the present one.
        self._forget(lambda heard: heard.status is not None and heard.status.pid == self._own)
        if code and self._asked_to_end:
            why = self._last_line or f"exit code {code}"
            self._tell(self.failed, f"The recorder has stopped: {why}")
        elif code:
            self._tell(self.died, code, _why(code, self._last_line))
        self._tell(self.ended)

    def _forget(self, is_gone: Callable[[_Heard], bool]) -> None:
        for uid, heard in list(self._heard.items()):
            if is_gone(heard):
                heard.inlet.close()
                del self._heard[uid]

    def _interrupt(self, status: FoundRecorder | None) -> None:
        self._asked_to_end = status is None or status.pid == self._own
        if status is None:
            if self._process is not None:
                self._process.send_signal(signal.SIGINT)
            return
        if not status.pid:
            where = (
                f"on {status.hostname}: end it there" if status.hostname else "elsewhere: end it"
            )
            self._tell(self.failed, f"This recorder runs {where} with Ctrl-C.")
            return
        # The number came over the network: it must belong to a recorder still.
        if not _is_recorder(status.pid):
            self._tell(self.failed, f"Process {status.pid} is no recorder: end it where it runs.")
            return
        try:
            os.kill(status.pid, signal.SIGINT)
        except OSError as error:
            self._tell(self.failed, f"The recorder could not be stopped: {error}")

    def _adopt(self, listed: list[FoundStream]) -> None:
        """Listen to recorders that have come; forget those that have gone."""
        while not self._opened.empty():
            heard = self._opened.get()
            self._heard[heard.found.uid] = heard
        for found in listed:
            if found.uid not in self._opening:
                self._opening.add(found.uid)
                threading.Thread(target=self._open, args=(found,), daemon=True).start()

    def _open(self, found: FoundStream) -> None:
        """In a thread of its own, since a stream that hangs takes seconds to give up."""
        with contextlib.suppress(StreamError):
            self._opened.put(_Heard(found, StatusInlet(found)))

    def _poll(self) -> None:
        for uid, heard in list(self._heard.items()):
            try:
                for status in heard.inlet.pull():
                    if isinstance(status, RecorderStatus):
                        heard.status = _found_recorder(heard.found, status)
                self._tell_unread(heard.inlet)
                gone = not heard.inlet.connected
            except StreamError:
                gone = True
            if gone:
                heard.inlet.close()
                del self._heard[uid]
                # One that was frozen is listed again under the same number.
                self._opening.discard(uid)
                if heard.status is not None and not self._runs(heard.status):
                    self._tell(self.said, f"recorder: {heard.status.file} has ended")
        running = [heard.status for heard in self._heard.values() if heard.status is not None]
        chosen = min(running, key=lambda s: (s.pid != self._own, not s.pid, s.uid), default=None)
        if chosen is None and self._last is not None and self._runs(self._last):
            # It does not answer, but it is there and may go on.
            return
        if chosen != self._last:
            known = self._last.uid if self._last else None
            if chosen and chosen.pid != self._own and chosen.uid != known:
                self._tell(self.said, f"recorder: found one that writes {chosen.file}")
            self._last = chosen
            self._tell(self.changed, chosen)

    def _tell_unread(self, inlet: StatusInlet) -> None:
        """Say it once where a recorder of another version cannot be understood."""
        if inlet.problem is not None and inlet.problem not in self._unread_told:
            self._unread_told.add(inlet.problem)
            self._tell(self.unread, describe_unread("The status of a recorder", inlet.problem))
        inlet.problem = None

    def _runs(self, status: FoundRecorder) -> bool:
        """Tell whether the process of a recorder of this computer runs, though it is silent."""
        if status.pid == self._own:
            return self._process is not None
        return bool(status.pid) and _is_recorder(status.pid)

    def _tell(self, news: SignalInstance, *values: object) -> None:
        # A thread that outlived the window must not touch what Qt has deleted.
        if not self._stopping.is_set():
            news.emit(*values)


def _found_recorder(found: FoundStream, status: RecorderStatus) -> FoundRecorder:
    """A recorder by its status; the number of a process is of use on this computer only."""
    # The first process is the system, or a container's own: no signal is sent to it.
    here = found.hostname == socket.gethostname() and status.pid > 1
    present = tuple(stream for stream in status.streams if stream.present)
    return FoundRecorder(
        found.uid,
        found.hostname,
        status.pid if here else 0,
        status.file[:_LONGEST_PATH],
        status.elapsed_s,
        status.n_bytes,
        tuple(stream.name[:_LONGEST_NAME] for stream in present),
        tuple(stream.name[:_LONGEST_NAME] for stream in status.streams if not stream.present),
        tuple((s.name[:_LONGEST_NAME], s.samples) for s in present if s.sfreq > 0),
    )


def _why(code: int, last_line: str) -> str:
    """Reason for a recorder's end: its own words, or the signal that ended it."""
    if code < 0:
        return f"the recorder was killed (signal {-code})"
    said = last_line.removeprefix("error: ").rstrip(".") or f"exit code {code}"
    return f"the recorder ended by itself: {said}"


def _is_recorder(pid: int) -> bool:
    """Whether a process of this computer is a recorder, by its command line."""
    if os.name != "posix":
        return True
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        ps = ("ps", "-o", "args=", "-p", str(pid))
        line = subprocess.run(ps, capture_output=True, check=False).stdout
    return b"bci" in line and b" record" in line
