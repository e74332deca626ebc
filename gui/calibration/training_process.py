"""A training as a child process, and its events while it runs."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.messages import AnyEvent, ModelEvent, PointEvent, ProgressEvent, RunEvent, StepEvent
from bci.training.decoder_choices import DecoderOffer
from bci.training.run_counts import RunCount
from gui.processes.child import Child, Command

_NAME = "training"


class TrainingProcess(QObject):
    """Runs ``bci calibrate --json`` and passes on its events."""

    progressed = Signal(str, int, int)  # what is done, steps done, of how many
    pointed = Signal(object)  # PointEvent
    stepped = Signal(object)  # StepEvent
    counted = Signal(object, str)  # Path of a run, and how many trials it has
    finished = Signal(object)  # Path of the model
    failed = Signal(str)  # one sentence
    reported = Signal(str)

    def __init__(
        self,
        bci: tuple[str, ...],
        profile: str,
        files: list[Path],
        choice: DecoderOffer,
        model: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        more = [f"--base={choice.base}"] if choice.base is not None else []
        more += ["--curve"] if choice.curve else []
        more += [f"--gallery={choice.gallery}"] if choice.gallery is not None else []
        named = (f"--out={model}", f"--decoder={choice.decoder}", "--json", *more)
        argv = (*bci, "calibrate", profile, *map(str, files), *named)
        self._model: Path | None = None
        self._cancelled = False
        self.child = Child(Command(_NAME, argv), self)
        self.child.logged.connect(self.reported)
        self.child.reported.connect(self._on_event)
        self.child.died.connect(self._on_end)
        self.child.running.connect(self._on_running)

    def start(self) -> None:
        self.child.start()

    def cancel(self) -> None:
        """End it."""
        self._cancelled = True
        self.child.stop()

    def _on_event(self, event: AnyEvent) -> None:
        match event:
            case ProgressEvent():
                self.progressed.emit(event.doing, event.done, event.of)
            case PointEvent():
                self.pointed.emit(event)
            case StepEvent():
                self.stepped.emit(event)
            case RunEvent():
                counts = _counts(event)
                self.counted.emit(Path(event.file), counts)
                self.reported.emit(f"{_NAME}: {event.file}: {counts}")
            case ModelEvent():
                self._model = Path(event.folder)

    def _on_running(self, running: bool) -> None:
        if not running and self._cancelled:
            self.failed.emit("Cancelled.")

    def _on_end(self, why: str) -> None:
        if self._model is not None:
            self.finished.emit(self._model)
        else:
            self.failed.emit(self.child.end_reason or why)


def _counts(run: RunEvent) -> str:
    """``4 trials (left 2, right 2) of 5 cues; 1 broken off``."""
    counted = RunCount(run.file, run.cues, run.broken_off, run.trials, run.rest, run.stream)
    return counted.counts
