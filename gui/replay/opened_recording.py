"""Reading a recording, and which models fit it, in a thread."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.types import Recording
from gui.replay.model_choice import ListedModel, list_models
from gui.workers.background import Background


@dataclass(frozen=True)
class OpenedRecording:
    """A recording, the file that it came from and the models that there are."""

    file: Path
    recording: Recording
    models: tuple[ListedModel, ...] = ()


class RecordingReader(QObject):
    """Reads one file at a time; of several asked for in turn only the last one is told of."""

    opened = Signal(object)  # OpenedRecording
    failed = Signal(str)  # one sentence

    def __init__(self, models: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self._background = Background(self)

    def read(self, file: Path) -> None:
        """Begin to read; returns at once."""
        self._background.ask(partial(_read, file, self._models), self.opened.emit, self.failed.emit)

    def retire(self) -> None:
        """Tell nothing any more; returns at once."""
        self._background.retire()


def _read(file: Path, models: Path) -> OpenedRecording:
    try:
        recording = read_recording(file)
    except (OSError, MemoryError) as error:
        why = error or type(error).__name__
        raise RecordingError(f"{file}: cannot be read ({why})") from error
    return OpenedRecording(file, recording, tuple(list_models(models, recording.info)))
