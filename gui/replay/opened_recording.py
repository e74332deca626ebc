"""An opened recording, with the user's models."""

from dataclasses import dataclass
from pathlib import Path

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Recording
from gui.replay.model_choice import ListedModel, list_models
from gui.widgets.units import clock, counted


@dataclass(frozen=True)
class OpenedRecording:
    """A recording, its file, and all models, those that fit first."""

    file: Path
    recording: Recording
    models: tuple[ListedModel, ...] = ()

    @property
    def size(self) -> str:
        """Channels, rate and length in words: ``16 channels, 250 Hz, 2:40``."""
        info = self.recording.info
        channels = counted(info.n_channels, "channel")
        return f"{channels}, {info.sfreq:g} Hz, {clock(self.recording.duration)}"


def open_recording(file: Path, models: Path) -> OpenedRecording:
    """Read the recording ``file``, and list the models below the folder ``models``.

    Raises
    ------
    RecordingError
        If the file cannot be read.
    """
    try:
        recording = read_recording(file)
    except (OSError, MemoryError) as error:
        why = error or type(error).__name__
        raise RecordingError(f"{file}: cannot be read ({why})") from error
    return OpenedRecording(file, recording, tuple(list_models(models, recording.info)))
