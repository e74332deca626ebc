"""A run of a model over the recording, by a process that can be cancelled."""

from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal

from bci.messages import AnyEvent, EvaluationEvent, PredictedEvent
from gui.processes.child import Child, Command
from gui.replay.predictions import Predictions

# Interval in which new predictions are shown; the process prints one event per window.
_SHOW_EVERY_MS = 200
_KILLED_MS = 300


class ModelProcess(QObject):
    """Runs one model at a time over one file, and passes on its predictions.

    ``bci`` is the command that runs this project's command line: ``("python", "-m", "bci")``.
    """

    predicted = Signal(object)  # Predictions, all so far
    finished = Signal(object)  # EvaluationEvent
    failed = Signal(str)  # one sentence
    running = Signal(bool)

    def __init__(self, bci: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bci = bci
        self.child: Child | None = None
        self._timer = QTimer(self, interval=_SHOW_EVERY_MS)
        self._timer.timeout.connect(self._show)
        self._waiting: list[PredictedEvent] = []
        self._evaluation: EvaluationEvent | None = None

    @property
    def is_running(self) -> bool:
        return self.child is not None

    def start(self, model: Path, file: Path, classes: tuple[str, ...], hop_s: float = 0.1) -> None:
        """Begin a run, and cancel the last one; ``classes`` and ``hop_s`` are the model's."""
        self.cancel()
        self._predictions = Predictions.none(classes, hop_s)
        self._waiting, self._evaluation = [], None
        argv = (*self._bci, "evaluate", str(model), str(file), "--json", "--windows")
        child = self.child = Child(Command("evaluation", argv), self)
        child.reported.connect(self._take)
        # Not a lambda, which would keep this object and its child alive in a cycle.
        child.running.connect(self._on_running)
        self._timer.start()
        self.running.emit(True)
        # Started last, since it may fail at once.
        child.start()

    def cancel(self) -> None:
        """Kill the running process; predictions that were passed on stay valid."""
        if self.child is not None:
            self.child.give_up()
            self.child.wait(QDeadlineTimer(_KILLED_MS))
            self._leave(self.child)

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, PredictedEvent):
            self._waiting.append(event)
        elif isinstance(event, EvaluationEvent):
            self._evaluation = event

    def _show(self) -> None:
        if self._waiting:
            self._predictions = self._predictions.with_events(self._waiting)
            self._waiting = []
            self.predicted.emit(self._predictions)

    def _on_running(self, running: bool) -> None:
        child = self.child
        if running or child is None:
            return
        self._show()
        self._leave(child)
        if self._evaluation is not None:
            self.finished.emit(self._evaluation)
        elif child.exit_code == -1:
            self.failed.emit(f"The model could not be run: there is no program {self._bci[0]}")
        else:
            why = child.end_reason or f"it ended with exit code {child.exit_code}"
            self.failed.emit(f"The model was not scored: {why}"[:400])

    def _leave(self, child: Child) -> None:
        self._timer.stop()
        self.child = None
        child.deleteLater()
        self.running.emit(False)
