"""Events in a separate file beside a FIF file."""

from pathlib import Path

import mne
import numpy as np
import pytest

from bci.errors import RecordingError
from bci.recording.read import read_recording

FIRST = 50


def written(folder: Path, events: np.ndarray | None) -> Path:
    """Write a recording of 4 s at 100 Hz that was cropped at its beginning."""
    info = mne.create_info(["O1", "O2"], 100.0, "eeg")
    rng = np.random.default_rng(0)
    raw = mne.io.RawArray(rng.normal(0, 1e-5, (2, 400)), info, first_samp=FIRST, verbose="error")
    path = folder / "run-1_raw.fif"
    raw.save(path, verbose="error")
    if events is not None:
        mne.write_events(folder / "run-1-eve.fif", events, verbose="error")
    return path


def test_events_beside_a_recording_are_its_markers(tmp_path: Path) -> None:
    events = np.array([[FIRST + 100, 0, 2], [FIRST + 250, 0, 3], [FIRST + 900, 0, 3]])
    recording = read_recording(written(tmp_path, events))
    assert [(m.time, m.label) for m in recording.markers] == [(1.0, "2"), (2.5, "3")]


def test_events_of_another_recording_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, np.array([[9000, 0, 2]]))
    with pytest.raises(RecordingError, match=r"run-1-eve\.fif: none of its 1 events lies in"):
        read_recording(path)


def test_a_damaged_file_of_events_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, None)
    (tmp_path / "run-1-eve.fif").write_bytes(b"no events")
    with pytest.raises(RecordingError, match="not a file of events, or damaged"):
        read_recording(path)
