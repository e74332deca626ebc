"""Writing a recording as FIF, with montage, markers and gaps."""

from pathlib import Path

import numpy as np

from bci.timekeeping import check_losses
from bci.types import Recording
from bci.units import in_si


def write_fif(recording: Recording, path: Path, description: str = "") -> None:
    """Write a recording so that `bci.recording.reading.read_recording` gives it back.

    Markers become annotations, and lost samples a stretch marked as skipped. Folders are made;
    a description that begins with "simulated" marks the recording as such.

    Raises
    ------
    RecordingError
        If far more samples are lost than are there.
    """
    import mne

    check_losses(recording)
    channels = recording.info.channels
    info = mne.create_info(
        list(recording.info.ch_names), recording.info.sfreq, [c.kind for c in channels]
    )
    scale = np.array([in_si(channel.unit)[0] for channel in channels])
    rows = recording.indices - recording.indices[0]
    data = np.zeros((len(channels), int(rows[-1]) + 1))
    data[:, rows] = recording.data.T * scale[:, None]
    raw = mne.io.RawArray(data, info, verbose="error")
    if channels[0].kind == "eeg":
        raw.set_montage("colin27_1005", on_missing="ignore", verbose="error")
    else:
        for described, channel in zip(raw.info["chs"], channels, strict=True):
            if channel.position is not None:
                described["loc"][:3] = channel.position
    raw.info["description"] = description
    notes = [(marker.time, 0.0, marker.label) for marker in recording.markers]
    for seam in np.flatnonzero(np.diff(rows) != 1):
        first, n_lost = int(rows[seam]) + 1, int(rows[seam + 1] - rows[seam]) - 1
        sfreq = recording.info.sfreq
        notes.append((first / sfreq, n_lost / sfreq, "BAD_ACQ_SKIP"))
    onsets, lengths, labels = zip(*notes, strict=True) if notes else ((), (), ())
    raw.set_annotations(mne.Annotations(onsets, lengths, labels), verbose="error")
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, fmt="single", verbose="error")
