"""Joins the record button to the recorders that run."""

import socket
from pathlib import Path

from pylsl import local_clock
from PySide6.QtCore import QObject, Signal

from bci.lsl.outlet import MarkerOutlet
from bci.types import Marker
from gui.record_bar import RecordBar
from gui.recorder_link import RecorderLink, RecorderStatus
from gui.remembered import Remembered

SUBJECT = "recorder"
NOTES = "dashboard-notes"


class Recording(QObject):
    """Starts and stops a recorder as the user wants, and shows what it says.

    Parameters
    ----------
    bar : RecordBar
    bci : tuple of str
        How the command line is called.
    folder : Path
        Where recordings go.
    streams : tuple of str
        Which streams are recorded; none means all that there are.
    remembered : Remembered
    """

    said = Signal(str)
    problem = Signal(str)
    well = Signal()
    noted = Signal(object)  # Marker

    def __init__(
        self,
        bar: RecordBar,
        bci: tuple[str, ...],
        folder: Path,
        streams: tuple[str, ...],
        remembered: Remembered,
    ) -> None:
        super().__init__(bar)
        self._bar = bar
        self._bci = bci
        self._folder = folder
        self._streams = streams
        self._remembered = remembered
        self.status: RecorderStatus | None = None
        self._notes: MarkerOutlet | None = None
        self.link = RecorderLink()
        self.link.changed.connect(self._on_status)
        self.link.said.connect(self.said)
        self.link.failed.connect(self._on_failed)
        bar.start_wanted.connect(self._start)
        bar.stop_wanted.connect(self._end)
        bar.noted.connect(self._note)
        self.link.start()

    def stop(self, timeout_s: float) -> None:
        """Leave the recorder alone."""
        self.link.stop(timeout_s)
        self._offer_notes(False)

    def _start(self) -> None:
        values = self._bar.values
        self._remembered.keep("record", values)
        given = [f"--{name}={value}" for name, value in values.items() if value]
        if self._streams:
            given += [f"--stream={name}" for name in (*self._streams, NOTES)]
        self._bar.set_waiting("starting ...")
        self.well.emit()
        self.link.record((*self._bci, "record", *given, f"--folder={self._folder}"))

    def _end(self) -> None:
        self._bar.set_waiting("stopping ...")
        self.link.end(self.status)

    def _on_status(self, status: RecorderStatus | None) -> None:
        if status is not None and self.status is None:
            self.well.emit()
        self.status = status
        self._bar.set_status(status)
        # Only beside what is recorded: alone they would make a recording of nothing look whole.
        self._offer_notes(status is not None and bool(status.streams))
        self._bar.set_takes_notes(status is not None and NOTES in status.streams)

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
