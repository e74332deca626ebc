"""Annotations of a file: markers, and stretches in which nothing was acquired."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SKIP = "BAD_ACQ_SKIP"
"""MNE's name for a stretch of a file in which nothing was acquired."""

# Labels at places where files were joined or cut; `bci.recording.breaks` turns them into gaps.
_SEAMS = ("boundary", "bad boundary", "edge boundary", "new segment", "new segment/")


def is_seam(label: str) -> bool:
    """Return whether an annotation marks a seam: its two sides were not recorded together."""
    return label.strip().lower() in _SEAMS


def is_marker(label: str, mne: bool = True) -> bool:
    """Return whether an annotation is an event for a paradigm.

    Empty labels, seams (`is_seam`) and ``BAD_ACQ_SKIP`` never are. With ``mne``, the file has a
    format of MNE, where any other ``BAD ...`` marks bad signal, too.
    """
    label = label.strip().upper()
    if not label or is_seam(label) or label.startswith(SKIP):
        return False
    return not (mne and label.startswith("BAD"))


def acquired(
    notes: Iterable[tuple[float, float, str]], indices: NDArray[np.int64], sfreq: float
) -> NDArray[np.bool_]:
    """Mark the samples that no ``BAD_ACQ_SKIP`` annotation covers.

    ``notes`` are (onset, duration, label), in seconds. ``indices`` are the sorted absolute
    indices of the samples.

    Returns
    -------
    keep : ndarray of bool, shape (n_samples,)
        False where nothing was acquired.
    """
    keep = np.ones(len(indices), dtype=np.bool_)
    for onset, duration, label in notes:
        if label.upper().startswith(SKIP):
            start = round(onset * sfreq)
            first, end = np.searchsorted(indices, (start, start + round(duration * sfreq)))
            keep[first:end] = False
    return keep
