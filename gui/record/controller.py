"""Connection of the record bar to the running recorders."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pylsl import local_clock
from PySide6.QtCore import QObject, QTimer, Signal

from bci.lsl.outlet import MarkerOutlet
from bci.lsl.recorders import FoundRecorder
from bci.quality.silence import SilentStreams
from bci.signals import Marker
from gui.actions import key_of, with_key
from gui.processes.recorder import RecorderLink
from gui.processes.restart_policy import RestartPolicy
from gui.record.bar import RecordBar, RecordState, describe_length
from gui.record.run_recorder import RunRecorder
from gui.settings import DashboardSettings

SUBJECT = "recorder"
NOTES = "dashboard-notes"
_LOOK_MS = 250
# Time in which streams on the network are found.
_FIND_S = 2.0
_UNANSWERED_S = 3.0
_BY = with_key("press Record", "record")
_RESTARTING = "NOT RECORDING: the recorder is started again ..."
NO_STREAM = (
    "There is no stream to record. Connect a device or start the simulator "
    f"(Connect, {key_of('panel-connect')}), then press Record again."
)


class RecordController(QObject):
    """Starts and stops a recorder for the user, and shows its status.

    A recorder that was started here and killed is started again; it continues in the next run's
    file.

    ``bci`` is the command that runs this project's command line. Recordings are written to
    ``folder``. ``streams`` are recorded; all streams if it is empty. ``listed`` returns the names
    of the signal streams on the network.
    """

    logged = Signal(str)
    problem = Signal(str)
    well = Signal()  # the last problem is over
    noted = Signal(object)  # Marker
    saved = Signal(object)  # Path of the newest file

    def __init__(
        self,
        bar: RecordBar,
        bci: tuple[str, ...],
        folder: Path,
        streams: tuple[str, ...],
        remembered: DashboardSettings,
        listed: Callable[[], tuple[str, ...]],
    ) -> None:
        super().__init__(bar)
        self._bar, self._remembered = bar, remembered
        self._bci, self._folder = bci, folder
        self._streams, self._listed = streams, listed
        self._state = RecordState()
        self._find_until = 0.0
        self._argv: tuple[str, ...] = ()
        self._policy = RestartPolicy(_BY)
        self._files: list[Path] = []
        self._was_stopped = self._is_own = False
        self._died = ""  # the recorder whose death has been reported
        self._answered_at = 0.0
        self._silent = SilentStreams()
        self._notes: MarkerOutlet | None = None
        self.link = RecorderLink(self)
        self.link.changed.connect(self._on_status)
        self.link.logged.connect(self.logged)
        self.link.failed.connect(self._on_failed)
        self.link.unread.connect(self.problem)
        self.link.died.connect(self._on_died)
        bar.start_wanted.connect(self._look_for_streams)
        bar.stop_wanted.connect(self.end)
        bar.noted.connect(self._note)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look_again)
        self._timer.timeout.connect(self._watch)
        self._timer.start()
        self.link.start()

    @property
    def status(self) -> FoundRecorder | None:
        """The running recorder; None without one."""
        return self._state.recorder

    def retire(self) -> None:
        """Begin to stop; returns at once."""
        self.link.retire()

    def stop(self, timeout_s: float) -> None:
        """Stop the thread, and let the recorder continue."""
        self._timer.stop()
        self.link.stop(timeout_s)
        self._offer_notes(False)

    def end(self) -> None:
        """Request the end of the recording; returns at once."""
        self._was_stopped = True
        self._show(waiting="stopping ...")
        self.link.end(self.status)

    def _show(self, **changes: Any) -> None:
        state = replace(self._state, **changes)
        if state != self._state:
            self._state = state
            self._bar.show_state(state)

    def _look_for_streams(self) -> None:
        """Start to record as soon as a stream is found, within 2 s."""
        self.well.emit()
        self._find_until = time.monotonic() + _FIND_S
        self._show(waiting="looking for streams ...")
        self._look_again()

    def _look_again(self) -> None:
        if not self._find_until:
            return
        listed = self._listed()
        if set(listed) & set(self._streams or listed):
            self._find_until = 0.0
            self._start()
        elif time.monotonic() > self._find_until:
            self._find_until = 0.0
            self._on_failed(NO_STREAM)

    def _start(self) -> None:
        values = self._bar.values
        self._remembered.record = values
        given = [f"--{name}={value}" for name, value in values.items() if value]
        if self._streams:
            given += [f"--stream={name}" for name in (*self._streams, NOTES)]
        self._argv = (*self._bci, "record", *given, f"--folder={self._folder}")
        self._policy = RestartPolicy(_BY)
        self._files = []
        self._show(restarts=0, waiting="starting ...")
        self._begin()

    def _begin(self) -> None:
        self._was_stopped = False
        self._silent.reset()
        self.link.start_recorder(self._argv)

    def _on_status(self, status: FoundRecorder | None) -> None:
        last = self.status
        self._answered_at = time.monotonic()
        waiting, silent = self._state.waiting, self._state.silent
        # Another recorder, or none, fulfils a request; but a restart still waits while none runs.
        is_same = (status and status.uid) == (last and last.uid)
        if not is_same and not (status is None and waiting == _RESTARTING):
            waiting = ""
        if status is not None:
            self._is_own = status.pid == self.link.own_pid
            silent = self._silent.update(status.regular, time.monotonic())
            if (file := Path(status.file)) not in self._files and status.streams:
                self._files.append(file)
        elif last is not None:
            self._on_gone(last)
        self._show(
            recorder=status,
            waiting=waiting,
            silent=silent,
            unanswered_s=0.0,
            takes_notes=status is not None and NOTES in status.streams,
        )
        # Notes are offered only with recorded streams: a recording of notes alone would look whole.
        self._offer_notes(status is not None and bool(status.streams))

    def _on_gone(self, last: FoundRecorder) -> None:
        """Show the saved files of a recorder that has ended; report an unwanted end.

        The recorder of a guided run ends with its run, which reports it.
        """
        if last.uid == self._died:
            return
        if (self._was_stopped or self._is_own) and self._files:
            self._bar.saved.show_files(tuple(self._files), describe_length(last))
            self._remembered.replay_file = str(Path(last.file).resolve())
            self.saved.emit(Path(last.file))
        elif last.pid in RunRecorder.of_runs:
            RunRecorder.of_runs.discard(last.pid)
        elif last.pid and not self._was_stopped:
            self.problem.emit(
                f"The recorder has ended: nothing is recorded now. What it recorded is in "
                f"{last.file}. Press Record ({key_of('record')}) to continue in a new file."
            )
        self._files = []

    def _on_died(self, code: int, why: str) -> None:
        """Report that the recorder died and what it saved; restart it if that may help."""
        last = self.status
        worked = last is not None and Path(last.file) in self._files
        advice = self._policy.why_not(code, worked, time.monotonic())
        if last is None or not worked:
            self._on_failed(f"{why[:1].upper()}{why[1:]}. Nothing was recorded. {advice}")
            return
        self._died = last.uid
        kept = f"What it recorded, {describe_length(last)}, is in {last.file}."
        if advice:
            self._on_failed(f"Recording has stopped: {why}. {kept} {advice}")
            return
        self._show(restarts=self._state.restarts + 1, waiting=_RESTARTING)
        self.problem.emit(
            f"Recording was interrupted: {why}. {kept} The recorder is started again and continues "
            "in the next run's file."
        )
        self._begin()

    def _watch(self) -> None:
        """Show the time since the recorder's last answer, and its silent streams."""
        if self.status is None:
            return
        now = time.monotonic()
        if now - self._answered_at > _UNANSWERED_S:
            self._show(unanswered_s=now - self._answered_at)
        else:
            self._show(unanswered_s=0.0, silent=self._silent.update(self.status.regular, now))

    def _offer_notes(self, offered: bool) -> None:
        """Open the stream of notes, which the recorder finds, or close it."""
        if offered and self._notes is None:
            self._notes = MarkerOutlet(NOTES, f"{NOTES}-{socket.gethostname()}", False, "Notes")
        elif not offered and self._notes is not None:
            self._notes.close()
            self._notes = None

    def _note(self, text: str) -> None:
        if self._notes is None:
            return
        marker = Marker(local_clock(), text)
        self._notes.push(marker)
        self.logged.emit(f"note: {text}")
        self.noted.emit(marker)

    def _on_failed(self, why: str) -> None:
        self._show(waiting="")
        self.problem.emit(why)
