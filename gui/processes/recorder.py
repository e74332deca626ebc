"""The recorder: started here to outlive the dashboard, or found on the network."""

import os
import queue
import signal

from PySide6.QtCore import QObject, Signal

from bci.commands import is_recorder
from bci.lsl.recorders import FoundRecorder, RecorderNews, RecorderWatch
from gui.processes.child import Child, Command
from gui.workers.stream_readers import describe_unread
from gui.workers.worker import Worker

_POLL_S = 0.1


class RecorderLink(Worker):
    """Starts a recorder that outlives the dashboard; finds and stops running ones.

    A thread finds recorders and reads their statuses.
    """

    changed = Signal(object)  # FoundRecorder, or None when no recorder runs
    logged = Signal(str)
    failed = Signal(str)  # one sentence
    unread = Signal(str)  # why the status of a recorder on the network is unreadable
    died = Signal(int, str)  # a recorder started here ended by itself: exit code and reason

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._child: Child | None = None
        # Process id and state of the last recorder that was started here.
        self.own_pid, self.is_running = -1, False
        self._last: FoundRecorder | None = None

    def retire(self) -> None:
        """Request the end of the thread, and let recorders continue; returns at once."""
        super().retire()
        if self._child is not None:
            self._child.leave()

    def start_recorder(self, argv: tuple[str, ...]) -> None:
        """Start a recorder by the command ``argv``, unless one runs; returns at once."""
        if self.is_running:
            return
        if self._child is not None:
            self._child.deleteLater()
        self._child = child = Child(Command("recorder", argv), self, outlives=True)
        child.logged.connect(self.logged)
        # Not a lambda, which would keep this object and its child alive in a cycle.
        child.running.connect(self._on_running)
        child.start()

    def end(self, recorder: FoundRecorder | None = None) -> None:
        """Request a recorder to complete its file and end.

        ``recorder`` of None means the one that was started here. Emits `failed` if it cannot be
        ended from here.
        """
        if recorder is None or (self.is_running and recorder.pid == self.own_pid):
            if self._child is not None:
                self._child.request_end()
        elif not recorder.pid:
            on = recorder.hostname
            where = f"on {on}: end it there" if on else "elsewhere: end it"
            self.failed.emit(f"This recorder runs {where} with Ctrl-C.")
        # The process id came over the network, so check that it still belongs to a recorder.
        elif not is_recorder(recorder.pid):
            self.failed.emit(f"Process {recorder.pid} is no recorder: end it where it runs.")
        else:
            try:
                os.kill(recorder.pid, signal.SIGINT)
            except OSError as error:
                self.failed.emit(f"The recorder could not be stopped: {error}")

    def work(self) -> None:
        """Find recorders and read their statuses until the worker is retired."""
        watch = RecorderWatch()
        while self.wait(_POLL_S):
            while not self._ended.empty():
                watch.forget(self._ended.get())
            self._report(watch.poll())
        watch.close()

    def _on_running(self, running: bool) -> None:
        child = self._child
        assert child is not None
        self.is_running = running
        if running:
            self.own_pid = child.pid
            return
        self._ended.put(self.own_pid)
        code = child.exit_code
        reason = child.end_reason or f"exit code {code}"
        if code == -1:
            self.failed.emit(f"The recorder could not be started: {child.command.argv[0]}")
        elif code and child.was_stopped:
            self.failed.emit(f"The recorder has stopped: {reason}")
        elif child.has_crashed:
            self.died.emit(-code, f"the recorder was killed (signal {code})")
        elif code:
            self.died.emit(code, f"the recorder ended by itself: {reason}")

    def _report(self, news: RecorderNews) -> None:
        for problem in news.unread:
            self.post(self.unread.emit, describe_unread("The status of a recorder", problem))
        for gone in news.gone:
            if not self._runs(gone):
                self.post(self.logged.emit, f"recorder: {gone.file} has ended")
        last = self._last
        chosen = min(
            news.running, key=lambda r: (r.pid != self.own_pid, not r.pid, r.uid), default=None
        )
        # A recorder that does not answer stays chosen while its process runs.
        if chosen == last or (chosen is None and last is not None and self._runs(last)):
            return
        if chosen and chosen.pid != self.own_pid and chosen.uid != (last.uid if last else None):
            self.post(self.logged.emit, f"recorder: found one that writes {chosen.file}")
        self._last = chosen
        self.post(self.changed.emit, chosen)

    def _runs(self, recorder: FoundRecorder) -> bool:
        """Return whether a recorder's process runs on this computer."""
        if recorder.pid == self.own_pid:
            return self.is_running
        return bool(recorder.pid) and is_recorder(recorder.pid)
