"""Joins the record button to the recorders that run."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from pylsl import local_clock
from PySide6.QtCore import QObject, QTimer, Signal

from bci.lsl.outlet import MarkerOutlet
from bci.types import Marker
from gui.actions import key_of, with_key
from gui.processes.recorder import FoundRecorder, RecorderLink
from gui.processes.restart_policy import RestartPolicy
from gui.record.bar import RecordBar, describe_length
from gui.record.silent_streams import SilentStreams
from gui.settings import DashboardSettings

SUBJECT = "recorder"
NOTES = "dashboard-notes"
_LOOK_MS = 250
# As long as discovery may take to find a stream that is there.
_FIND_S = 2.0
_UNANSWERED_S = 3.0
NO_STREAM = (
    "There is no stream to record. Connect a device or start the simulator "
    f"(Connect, {key_of('panel-connect')}), then press Record again."
)


class RecordController(QObject):
    """Starts and stops a recorder as the user wants, and shows what it says.

    A recorder of ours that is killed is started again: it goes on in the next run's file.

    Parameters
    ----------
    bar : RecordBar
    bci : tuple of str
        How the command line is called.
    folder : Path
        Where recordings go.
    streams : tuple of str
        Which streams are recorded; none means all that there are.
    remembered : DashboardSettings
    listed : callable
        Gives the names of the signal streams that are on the network now.
    """

    said = Signal(str)
    problem = Signal(str)
    well = Signal()
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
        self._bar = bar
        self._bci = bci
        self._folder = folder
        self._streams = streams
        self._remembered = remembered
        self._listed = listed
        self._find_until = 0.0
        self.status: FoundRecorder | None = None
        self._argv: tuple[str, ...] = ()
        self._revival = RestartPolicy(with_key("press Record", "record"))
        self._files: list[Path] = []
        self._restarts = 0
        self._asked_to_end = self._is_own = False
        self._died = ""  # the recorder whose death has been said
        self._heard_at = 0.0
        self._silent = SilentStreams()
        self._notes: MarkerOutlet | None = None
        self.link = RecorderLink(self)
        self.link.changed.connect(self._on_status)
        self.link.said.connect(self.said)
        self.link.failed.connect(self._on_failed)
        self.link.unread.connect(self.problem)
        self.link.died.connect(self._on_died)
        bar.start_wanted.connect(self._look_for_streams)
        bar.stop_wanted.connect(self.end)
        bar.noted.connect(self._note)
        self._finding = QTimer(self)
        self._finding.setInterval(_LOOK_MS)
        self._finding.timeout.connect(self._look_again)
        self._watching = QTimer(self)
        self._watching.setInterval(_LOOK_MS)
        self._watching.timeout.connect(self._watch)
        self._watching.start()
        self.link.start()

    def retire(self) -> None:
        """Begin to stop; returns at once."""
        self.link.retire()

    def stop(self, timeout_s: float) -> None:
        """Leave the recorder alone."""
        self._finding.stop()
        self._watching.stop()
        self.link.stop(timeout_s)
        self._offer_notes(False)

    def end(self) -> None:
        """End the recording; returns at once."""
        self._asked_to_end = True
        self._bar.set_waiting("stopping ...")
        self.link.end(self.status)

    def _look_for_streams(self) -> None:
        """Start where there is something to record; a stream may not have been found yet."""
        self.well.emit()
        self._find_until = time.monotonic() + _FIND_S
        self._bar.set_waiting("looking for streams ...")
        self._finding.start()
        self._look_again()

    def _look_again(self) -> None:
        listed = self._listed()
        wanted = set(listed) & set(self._streams) if self._streams else listed
        if wanted:
            self._finding.stop()
            self._start()
        elif time.monotonic() > self._find_until:
            self._finding.stop()
            self._on_failed(NO_STREAM)

    def _start(self) -> None:
        values = self._bar.values
        self._remembered.record = values
        given = [f"--{name}={value}" for name, value in values.items() if value]
        if self._streams:
            given += [f"--stream={name}" for name in (*self._streams, NOTES)]
        self._bar.set_restarts(0)
        self._bar.set_waiting("starting ...")
        self._argv = (*self._bci, "record", *given, f"--folder={self._folder}")
        self._revival = RestartPolicy(with_key("press Record", "record"))
        self._restarts, self._files = 0, []
        self._begin()

    def _begin(self) -> None:
        self._asked_to_end = False
        self._silent.reset()
        self.link.record(self._argv)

    def _on_status(self, status: FoundRecorder | None) -> None:
        last, self.status = self.status, status
        self._heard_at = time.monotonic()
        if status is not None:
            self._is_own = status.pid == self.link.own_pid
            self._silent_now(status)
            if (file := Path(status.file)) not in self._files and status.streams:
                self._files.append(file)
        elif last is not None:
            self._on_gone(last)
        self._bar.set_status(status)
        # Only beside what is recorded: alone they would make a recording of nothing look whole.
        self._offer_notes(status is not None and bool(status.streams))
        self._bar.set_takes_notes(status is not None and NOTES in status.streams)

    def _on_gone(self, last: FoundRecorder) -> None:
        """A recorder is there no longer: it was stopped, or ended without our wish."""
        if last.uid == self._died:
            return
        if (self._asked_to_end or self._is_own) and self._files:
            self._bar.saved.show_files(tuple(self._files), describe_length(last))
            self._remembered.replay_file = str(Path(last.file).resolve())
            self.saved.emit(Path(last.file))
        elif last.pid and not self._asked_to_end:
            self.problem.emit(
                f"The recorder has ended: nothing is recorded now. What it recorded is in "
                f"{last.file}. Press Record ({key_of('record')}) to go on in a new file."
            )
        self._files = []

    def _on_died(self, code: int, why: str) -> None:
        """Say that nothing is recorded and what is kept, and go on by itself."""
        last = self.status
        worked = last is not None and Path(last.file) in self._files
        refusal = self._revival.refusal(code, worked, time.monotonic())
        if last is None or not worked:
            self._on_failed(f"{why[:1].upper()}{why[1:]}. Nothing was recorded. {refusal}")
            return
        self._died = last.uid
        kept = f"What it recorded, {describe_length(last)}, is in {last.file}."
        if refusal:
            self._on_failed(f"Recording has stopped: {why}. {kept} {refusal}")
            return
        self._restarts += 1
        self._bar.set_restarts(self._restarts)
        self.problem.emit(
            f"Recording was interrupted: {why}. {kept} The recorder is started again and goes on "
            "in the next run's file."
        )
        self._begin()

    def _watch(self) -> None:
        """Report a recorder that says nothing new, and its streams that are silent."""
        if self.status is None:
            return
        silent_s = time.monotonic() - self._heard_at
        self._bar.set_unanswered(silent_s if silent_s > _UNANSWERED_S else 0.0)
        if not silent_s > _UNANSWERED_S:
            self._silent_now(self.status)

    def _silent_now(self, status: FoundRecorder) -> None:
        self._bar.set_silent(self._silent.update(status, time.monotonic()))

    def _offer_notes(self, offered: bool) -> None:
        """Have a stream that the recorder finds and takes notes from, or none."""
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
        self.said.emit(f"note: {text}")
        self.noted.emit(marker)

    def _on_failed(self, why: str) -> None:
        self._bar.set_waiting("")
        self.problem.emit(why)
