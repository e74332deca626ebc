"""The recorder of one run: starts before the first cue, and ends after the last."""

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QObject, Signal

from bci.lsl.recorders import FoundRecorder
from gui.processes.recorder import RecorderLink


class RunRecorder(RecorderLink):
    """Records given streams into one file.

    ``bci`` is the command that runs this project's command line.
    """

    ready = Signal()  # every stream is being recorded
    waits = Signal(str)  # one sentence on a missing or lost stream
    well = Signal()  # the lost stream is back
    ended = Signal(bool)  # the recorder has ended; True if it recorded all streams without failure

    # Process ids of the recorders of all runs. A run reports itself how its recorder ended.
    of_runs: ClassVar[set[int]] = set()

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bci = bci
        self.file = Path()
        self._streams: tuple[str, ...] = ()
        self._is_ready = self._troubled = self._has_failed = False
        self.changed.connect(self._on_status)
        self.failed.connect(self._on_failed)
        self.died.connect(self._on_died)
        self.start()

    def record(self, file: Path, streams: tuple[str, ...]) -> None:
        """Start to record ``streams`` into ``file``; returns at once."""
        self.file, self._streams = file, streams
        self._is_ready = self._troubled = self._has_failed = False
        named = [f"--stream={name}" for name in streams]
        self.start_recorder((*self._bci, "record", f"--output={file}", *named))

    def _on_status(self, status: FoundRecorder | None) -> None:
        if status is None or Path(status.file) != self.file:
            return
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
        self._has_failed = True
        self.waits.emit(why)

    def _on_died(self, _code: int, why: str) -> None:
        kept = "What was recorded until then is kept."
        kept = kept if self._is_ready else "Nothing was recorded."
        self._on_failed(f"The run has ended: {why}. {kept}")

    def _on_running(self, running: bool) -> None:
        super()._on_running(running)
        if running:
            self.of_runs.add(self.own_pid)
        else:
            self.ended.emit(self._is_ready and not self._has_failed)
