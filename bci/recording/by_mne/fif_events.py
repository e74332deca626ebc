"""Events of a FIF recording that MNE wrote to a separate file beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError, first_line
from bci.recording.breaks import TimeLine
from bci.signals import Marker, Recording

_RAW_ENDINGS = ("_raw", "-raw", "_eeg", "_meg")
_EVENT_ENDINGS = ("-eve", "_eve")


def events_file(path: Path) -> Path | None:
    """Find the file of events beside a FIF recording; None if there is none.

    For ``run-1_raw.fif`` it is ``run-1-eve.fif`` or ``run-1_eve.fif``.
    """
    stem = path.stem
    for ending in _RAW_ENDINGS:
        stem = stem.removesuffix(ending)
    for name in dict.fromkeys((stem, path.stem)):
        for ending in _EVENT_ENDINGS:
            file = path.with_name(f"{name}{ending}.fif")
            if file.is_file() and file != path:
                return file
    return None


def with_events(
    recording: Recording, line: TimeLine, path: Path, first_sample: int
) -> tuple[Recording, TimeLine]:
    """Add the events of the FIF file beside a recording as its markers.

    A recording that has markers, or no file of events beside it, is returned unchanged.

    Parameters
    ----------
    recording : Recording
    line : TimeLine
        Times of the rows of the file; returned unchanged.
    path : Path
        The recording's file.
    first_sample : int
        Number that MNE gives the recording's first sample.

    Raises
    ------
    RecordingError
        If the file beside it is no file of events, or none of its events lies in the recording.
    """
    file = events_file(path) if path.suffix.lower() == ".fif" else None
    if file is None or recording.markers:
        return recording, line
    events = _read(file)
    rows = events[:, 0] - first_sample
    inside = (rows >= 0) & (rows < len(line.indices))
    if len(events) and not inside.any():
        raise RecordingError(
            f"{file}: none of its {len(events)} events lies in the recording beside it; it belongs "
            "to another recording"
        )
    times = line.place([float(row) / recording.info.sfreq for row in rows[inside]])
    markers = [
        Marker(float(time), str(int(code)))
        for time, code in zip(times, events[inside, 2], strict=True)
    ]
    return replace(recording, markers=tuple(sorted(markers))), line


def _read(file: Path) -> NDArray[np.int64]:
    """Read events as MNE's array (n_events, 3): sample, previous code, code."""
    import mne

    try:
        return np.asarray(mne.read_events(file, verbose="error"), dtype=np.int64)
    except Exception as error:
        raise RecordingError(
            f"{file}: not a file of events, or damaged ({first_line(error):.200}); copy it again, "
            "or move it away to read the recording without events"
        ) from error
