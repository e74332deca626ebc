"""A model run over the recording: ``bci evaluate``, a child process that can be cancelled."""

from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from bci.errors import MessageError
from bci.messages import ErrorEvent, EvaluationEvent, PredictedEvent, read_event
from gui.replay.predictions import PredictionsSoFar

# So often what came is shown; an event comes for each window.
_SHOW_EVERY_MS = 200
_KILLED_MS = 300


class ModelRun(QObject):
    """Runs one model at a time over one file, and passes on its events as they are printed.

    Parameters
    ----------
    bci : tuple of str
        How the command line is called, as ``("python", "-m", "bci")``.
    """

    predicted = Signal(object)  # Predictions, all so far
    finished = Signal(object)  # EvaluationEvent
    failed = Signal(str)  # one sentence
    running = Signal(bool)

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bci = bci
        self._process: QProcess | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_SHOW_EVERY_MS)
        self._timer.timeout.connect(self._show)
        self._begin(())

    def _begin(self, classes: tuple[str, ...]) -> None:
        self._predictions = PredictionsSoFar(classes)
        self._n_shown = 0
        self._evaluation: EvaluationEvent | None = None
        self._error = ""

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self, model: Path, file: Path, classes: tuple[str, ...]) -> None:
        """Begin; what ran before is given up. ``classes`` are the model's."""
        self.cancel()
        self._begin(classes)
        arguments = [*self._bci[1:], "evaluate", str(model), str(file), "--json", "--windows"]
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._end)
        process.errorOccurred.connect(self._fail_to_start)
        process.start(self._bci[0], arguments)
        self._timer.start()
        self.running.emit(True)

    def cancel(self) -> None:
        """Give up what runs, at once; what it predicted so far has been passed on."""
        if self._process is not None:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(_KILLED_MS)
            self._leave()

    def _read(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            self._take(bytes(process.readLine().data()))

    def _take(self, line: bytes) -> None:
        """Take a line of the program's output."""
        try:
            event = read_event(line)
        except MessageError:
            # A line that is no event is none of ours; the end tells whether all came.
            return
        if isinstance(event, PredictedEvent):
            self._predictions.add(event)
        elif isinstance(event, EvaluationEvent):
            self._evaluation = event
        elif isinstance(event, ErrorEvent):
            self._error = event.text

    def _show(self) -> None:
        if len(self._predictions) > self._n_shown:
            self._n_shown = len(self._predictions)
            self.predicted.emit(self._predictions.so_far)

    def _end(self, code: int, _status: QProcess.ExitStatus) -> None:
        process = self._process
        assert process is not None
        self._read()
        self._show()
        said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        self._leave()
        if self._evaluation is not None:
            self.finished.emit(self._evaluation)
            return
        last = (said.strip().splitlines() or [f"it ended with exit code {code}"])[-1]
        why = self._error or last.removeprefix("error: ")
        self.failed.emit(f"The model was not scored: {why}"[:400])

    def _fail_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._leave()
            self.failed.emit(f"The model could not be run: there is no program {self._bci[0]}")

    def _leave(self) -> None:
        self._timer.stop()
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self.running.emit(False)
