"""Reading a recording, and which models fit it, in a thread."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Recording
from gui.replay.model_choice import ListedModel, list_models
from gui.widgets.units import clock, counted
from gui.workers.background import Background


@dataclass(frozen=True)
class OpenedRecording:
    """A recording, the file that it came from and the models that there are."""

    file: Path
    recording: Recording
    models: tuple[ListedModel, ...] = ()

    @property
    def size(self) -> str:
        """``16 channels, 250 Hz, 2:40``."""
        info = self.recording.info
        channels = counted(info.n_channels, "channel")
        return f"{channels}, {info.sfreq:g} Hz, {clock(self.recording.duration)}"


class RecordingReader(Background):
    """Reads one file at a time; of several requests only the last one is answered."""

    opened = Signal(object)  # OpenedRecording
    failed = Signal(str)  # one sentence

    def __init__(self, models: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models = models

    def read(self, file: Path) -> None:
        self.run(partial(_read, file, self._models), self.opened.emit, self.failed.emit)


def _read(file: Path, models: Path) -> OpenedRecording:
    try:
        recording = read_recording(file)
    except (OSError, MemoryError) as error:
        why = error or type(error).__name__
        raise RecordingError(f"{file}: cannot be read ({why})") from error
    return OpenedRecording(file, recording, tuple(list_models(models, recording.info)))
