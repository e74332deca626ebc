"""The recorder of one run: started before the first cue, ended after the last."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.lsl.recorders import FoundRecorder
from gui.processes.recorder import RecorderLink


class RunRecorder(QObject):
    """Records some streams into one file by a recorder that outlives us.

    ``bci`` is how the command line is called.
    """

    ready = Signal()  # every stream is being written
    waits = Signal(str)  # for a stream that lacks or is gone; one sentence
    well = Signal()  # the stream that was gone is back
    ended = Signal(bool)  # the file is complete; whether it has all the streams
    logged = Signal(str)

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bci = bci
        self.file = Path()
        self._streams: tuple[str, ...] = ()
        self._status: FoundRecorder | None = None
        self._is_ready = self._troubled = self._failed = self._running = False
        self._link = RecorderLink(self)
        self._link.changed.connect(self._on_status)
        self._link.logged.connect(self.logged)
        self._link.failed.connect(self._on_failed)
        self._link.died.connect(self._on_died)
        self._link.ended.connect(self._on_ended)
        self._link.start()

    @property
    def is_running(self) -> bool:
        """Check whether a recorder of ours writes."""
        return self._running

    def record(self, file: Path, streams: tuple[str, ...]) -> None:
        """Start a recorder; returns at once."""
        self.file, self._streams = file, streams
        self._is_ready = self._troubled = self._failed = False
        self._status = None
        self._running = True
        named = [f"--stream={name}" for name in streams]
        self._link.record((*self._bci, "record", f"--output={file}", *named))

    def end(self) -> None:
        """Request its end with all it has; `ended` follows."""
        if self._running:
            self._link.end(self._status)

    def retire(self) -> None:
        """Ask our thread to end; returns at once."""
        self._link.retire()

    def stop(self, timeout_s: float = 0.8) -> None:
        """End our thread; a recorder that still runs goes on."""
        self._link.stop(timeout_s)

    def _on_status(self, status: FoundRecorder | None) -> None:
        if status is None or Path(status.file) != self.file:
            return
        self._status = status
        lacking = [name for name in self._streams if name not in status.streams]
        if lacking:
            gone = "is gone" if self._is_ready else "is not being recorded yet"
            self.waits.emit(f"{' and '.join(lacking)} {gone}; it is waited for.")
        elif not self._is_ready:
            self._is_ready = True
            self.ready.emit()
        elif self._troubled:
            self.well.emit()
        self._troubled = self._is_ready and bool(lacking)

    def _on_failed(self, why: str) -> None:
        self._failed = True
        self.waits.emit(why)

    def _on_died(self, _code: int, why: str) -> None:
        kept = (
            "What was recorded until then is kept." if self._is_ready else "Nothing was recorded."
        )
        self._on_failed(f"The run has ended: {why}. {kept}")

    def _on_ended(self) -> None:
        self._running = False
        self.ended.emit(self._is_ready and not self._failed)
