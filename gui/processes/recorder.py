"""Recorders, each a process of its own: started here or elsewhere, found by what they publish."""

import contextlib
import os
import queue
import signal
import socket
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from bci.commands import is_recorder
from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.engine_streams import StatusInlet
from bci.messages import RecorderStatus
from gui.processes.child import Child, Command
from gui.workers.stream_readers import describe_unread
from gui.workers.worker import Worker

_POLL_S = 0.1
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
    told_unread: bool = False


class RecorderLink(Worker):
    """Starts a recorder that outlives the dashboard, finds those that run, and stops one.

    Recorders are found, and heard, in a thread.
    """

    changed = Signal(object)  # FoundRecorder, or None when no recorder runs
    said = Signal(str)  # a line of a recorder started here
    failed = Signal(str)  # one sentence
    unread = Signal(str)  # why a recorder on the network cannot be understood
    died = Signal(int, str)  # one started here ended unasked: its exit code, and why
    ended = Signal()  # a recorder started here; its file is complete

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened: queue.SimpleQueue[_Heard] = queue.SimpleQueue()
        self._gone: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._heard: dict[str, _Heard] = {}
        self._opening: set[str] = set()
        self._child: Child | None = None
        self._own, self._own_runs = -1, False
        self._last: FoundRecorder | None = None

    @property
    def own_pid(self) -> int:
        """Process of the recorder that was started here last; -1 if none was."""
        return self._own

    def retire(self) -> None:
        """Ask the thread to end, and leave recorders to themselves; returns at once."""
        super().retire()
        if self._child is not None:
            self._child.leave()

    def record(self, argv: tuple[str, ...]) -> None:
        """Start a recorder; returns at once."""
        if self._own_runs:
            return
        if self._child is not None:
            self._child.deleteLater()
        self._child = child = Child(Command("recorder", argv), self, outlives=True)
        child.said.connect(self.said)
        # No lambda: it would keep us alive until the child is gone, which goes with us.
        child.running.connect(self._on_running)
        child.start()

    def end(self, status: FoundRecorder | None) -> None:
        """Ask a recorder, or the one just started, to end with all it has; returns at once."""
        if status is None or (self._own_runs and status.pid == self._own):
            if self._child is not None:
                self._child.ask_to_end()
        elif not status.pid:
            where = (
                f"on {status.hostname}: end it there" if status.hostname else "elsewhere: end it"
            )
            self.failed.emit(f"This recorder runs {where} with Ctrl-C.")
        # The number came over the network: it must belong to a recorder still.
        elif not is_recorder(status.pid):
            self.failed.emit(f"Process {status.pid} is no recorder: end it where it runs.")
        else:
            try:
                os.kill(status.pid, signal.SIGINT)
            except OSError as error:
                self.failed.emit(f"The recorder could not be stopped: {error}")

    def work(self) -> None:
        """Look for recorders, and hear them, until it is retired."""
        watch = StreamWatch(StreamQuery(name="recorder-status", type="Status"))
        while self.wait(_POLL_S):
            while not self._gone.empty():
                self._forget(self._gone.get())
            self._adopt(watch.poll())
            self._poll()
        for heard in self._heard.values():
            heard.inlet.close()

    def _on_running(self, running: bool) -> None:
        child = self._child
        assert child is not None
        self._own_runs = running
        if running:
            self._own = child.pid
            return
        # Its last status must not stand as the present one.
        self._gone.put(self._own)
        code = child.exit_code
        if code == -1:
            self.failed.emit(f"The recorder could not be started: {child.command.argv[0]}")
        elif code and child.asked_to_stop:
            self.failed.emit(f"The recorder has stopped: {child.last_words or f'exit code {code}'}")
        elif code:
            self.died.emit(-code if child.has_crashed else code, _why(child))
        self.ended.emit()

    def _forget(self, pid: int) -> None:
        for uid, heard in list(self._heard.items()):
            if heard.status is not None and heard.status.pid == pid:
                heard.inlet.close()
                del self._heard[uid]

    def _adopt(self, listed: list[FoundStream]) -> None:
        """Listen to recorders that have come; forget those that have gone."""
        while not self._opened.empty():
            heard = self._opened.get()
            self._heard[heard.found.uid] = heard
        for found in listed:
            if found.uid not in self._opening:
                self._opening.add(found.uid)
                self.aside(self._open, found)

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
                self._tell_unread(heard)
                gone = not heard.inlet.connected
            except StreamError:
                gone = True
            if gone:
                heard.inlet.close()
                del self._heard[uid]
                # One that was frozen is listed again under the same number.
                self._opening.discard(uid)
                if heard.status is not None and not self._runs(heard.status):
                    self.tell(self.said.emit, f"recorder: {heard.status.file} has ended")
        running = [heard.status for heard in self._heard.values() if heard.status is not None]
        chosen = min(running, key=lambda s: (s.pid != self._own, not s.pid, s.uid), default=None)
        if chosen is None and self._last is not None and self._runs(self._last):
            # It does not answer, but it is there and may go on.
            return
        if chosen != self._last:
            known = self._last.uid if self._last else None
            if chosen and chosen.pid != self._own and chosen.uid != known:
                self.tell(self.said.emit, f"recorder: found one that writes {chosen.file}")
            self._last = chosen
            self.tell(self.changed.emit, chosen)

    def _tell_unread(self, heard: _Heard) -> None:
        """Say it once of a recorder of another version, which cannot be understood."""
        problem = heard.inlet.problem
        if problem is not None and not heard.told_unread:
            heard.told_unread = True
            self.tell(self.unread.emit, describe_unread("The status of a recorder", problem))

    def _runs(self, status: FoundRecorder) -> bool:
        """Tell whether the process of a recorder of this computer runs, though it is silent."""
        if status.pid == self._own:
            return self._own_runs
        return bool(status.pid) and is_recorder(status.pid)


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


def _why(child: Child) -> str:
    """Reason for a recorder's end: its own words, or the signal that ended it."""
    if child.has_crashed:
        return f"the recorder was killed (signal {child.exit_code})"
    return f"the recorder ended by itself: {child.last_words or f'exit code {child.exit_code}'}"
