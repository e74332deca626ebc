"""Lengths of the breaks in EEGLAB files, which MNE leaves out."""

import warnings
from pathlib import Path

from bci.recording.annotations import is_seam
from bci.recording.breaks import Break, lost


def boundaries(path: Path, sfreq: float) -> list[Break]:
    """List the breaks at ``boundary`` events.

    The duration of an event is the length of the removed signal. The annotations are read from the
    file itself, because MNE shortens those of an opened file that reach beyond its end.
    """
    import mne

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notes = mne.read_annotations(path)
    return [
        # A boundary lies half a sample before the first sample behind it.
        Break(int(onset * sfreq + 0.5 + 1e-6), lost(float(length), sfreq))
        for onset, length, label in zip(notes.onset, notes.duration, notes.description, strict=True)
        if is_seam(str(label))
    ]
