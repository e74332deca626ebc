"""A training as a child process, and its events while it runs."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.messages import AnyEvent, ModelEvent, RunEvent
from bci.training.decoder_choices import DecoderOffer
from bci.training.run_counts import RunCount
from gui.processes.child import Child, Command


class TrainingProcess(Child):
    """Runs ``bci calibrate --json``; its other events come as those of every child."""

    counted = Signal(object, str)  # Path of a run, and how many trials it has
    finished = Signal(object)  # Path of the model
    failed = Signal(str)  # one sentence

    def __init__(
        self,
        bci: tuple[str, ...],
        profile: str,
        files: list[Path],
        choice: DecoderOffer,
        model: Path,
        parent: QObject | None = None,
    ) -> None:
        argv = (*bci, "calibrate", profile, *map(str, files))
        argv += (f"--out={model}", f"--decoder={choice.decoder}", "--json")
        if choice.base is not None:
            argv += (f"--base={choice.base}",)
        if choice.curve:
            argv += ("--curve",)
        if choice.gallery is not None:
            argv += (f"--gallery={choice.gallery}",)
        super().__init__(Command("training", argv), parent)
        self._model: Path | None = None
        self.reported.connect(self._on_event)
        self.died.connect(self._on_end)
        self.running.connect(self._on_running)

    def _on_event(self, event: AnyEvent) -> None:
        if isinstance(event, RunEvent):
            fields = event.cues, event.broken_off, event.trials, event.rest, event.stream
            counts = RunCount(event.file, *fields).counts
            self.counted.emit(Path(event.file), counts)
            self.logged.emit(f"{self.command.name}: {event.file}: {counts}")
        elif isinstance(event, ModelEvent):
            self._model = Path(event.folder)

    def _on_running(self, running: bool) -> None:
        if not running and self.was_stopped:
            self.failed.emit("Cancelled.")

    def _on_end(self, why: str) -> None:
        if self._model is not None:
            self.finished.emit(self._model)
        else:
            self.failed.emit(self.end_reason or why)
