"""A model run over the recording: ``bci evaluate``, a child process that can be cancelled."""

import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from bci.errors import BciError
from bci.predictions_table import Predictions, read_predictions
from gui.replay.outcome import parse_outcome

_LOOK_EVERY_MS = 200
_KILLED_MS = 300


class ModelRun(QObject):
    """Runs one model at a time over one file, and reads the predictions as they are written.

    Parameters
    ----------
    bci : tuple of str
        How the command line is called, as ``("python", "-m", "bci")``.
    """

    predicted = Signal(object)  # Predictions, all so far
    finished = Signal(object)  # Outcome
    failed = Signal(str)  # one sentence
    running = Signal(bool)

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bci = bci
        self._size = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: QProcess | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self, model: Path, file: Path) -> None:
        """Begin; what ran before is given up."""
        self.cancel()
        self._size = 0
        self._folder = tempfile.TemporaryDirectory(prefix="bci-replay-")
        arguments = [
            *self._bci[1:], "evaluate", str(model), str(file), "--json",
            "--predictions", str(self._table),
        ]  # fmt: skip
        process = self._process = QProcess(self)
        process.finished.connect(self._end)
        process.errorOccurred.connect(self._fail_to_start)
        process.start(self._bci[0], arguments)
        self._timer.start()
        self.running.emit(True)

    def cancel(self) -> None:
        """Give up what runs, at once; what it predicted so far has been told."""
        if self._process is not None:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(_KILLED_MS)
            self._leave()

    @property
    def _table(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "predictions.csv"

    def _look(self) -> None:
        if not self._table.is_file() or self._table.stat().st_size == self._size:
            return
        self._size = self._table.stat().st_size
        try:
            predictions: Predictions = read_predictions(self._table)
        except BciError:
            # Its first line is not yet whole; the next look finds it so.
            return
        self.predicted.emit(predictions)

    def _end(self, code: int, _status: QProcess.ExitStatus) -> None:
        process = self._process
        assert process is not None
        self._look()
        answer = bytes(process.readAllStandardOutput().data())
        said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        self._leave()
        try:
            outcome = parse_outcome(answer)
        except ValueError:
            last = (said.strip().splitlines() or [f"it ended with exit code {code}"])[-1]
            self.failed.emit(f"The model was not scored: {last.removeprefix('error: ')}"[:400])
            return
        self.finished.emit(outcome)

    def _fail_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._leave()
            self.failed.emit(f"The model could not be run: there is no program {self._bci[0]}")

    def _leave(self) -> None:
        self._timer.stop()
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self.running.emit(False)
