"""Writing a recording as FIF, with montage, markers and gaps."""

from pathlib import Path

from bci.recording.mne_objects import raw_array
from bci.types import Recording


def write_fif(recording: Recording, path: Path, description: str = "") -> None:
    """Write a recording so that `bci.recording.read.read_recording` gives it back.

    Markers become annotations, and lost samples a stretch marked as skipped. Folders are made;
    a description that begins with "simulated" marks the recording as such.

    Raises
    ------
    RecordingError
        If far more samples are lost than are there.
    """
    raw = raw_array(recording)
    raw.info["description"] = description
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, fmt="single", verbose="error")
