"""SEED: 15 people watch 15 films three times; reader of a preprocessed MATLAB file.

Zheng and Lu, IEEE Trans. Auton. Ment. Dev. 7 (2015) 162-175. The layout of ``Preprocessed_EEG`` is
known from public readers (torcheeg and others). ``1_20131027.mat`` (person, date) has one session:
the variables ``djc_eeg1`` ... ``djc_eeg15``, whose names begin with the person's initials. Each has
the shape (62, n_samples) at 200 Hz, 0-75 Hz. ``label.mat`` beside it has ``label`` (1, 15), the
same for all people: -1 negative, 0 neutral, 1 positive. Values are treated as microvolts. The
files contain no rest.
"""

import re
from pathlib import Path

import numpy as np

from bci.datasets.film_runs import Film, film_signal, join_films
from bci.datasets.matlab import list_matlab, read_matlab
from bci.errors import RecordingError
from bci.signals import Recording

_SFREQ = 200.0
_LABELS = "label.mat"
_FEELINGS = {-1: "negative", 0: "neutral", 1: "positive"}
_FILE = re.compile(r"(\d+)_\d+")
_VARIABLE = re.compile(r"\w+_eeg([1-9]\d?)")
# Order and names of "Channel Order.xlsx" in the data set. CB1 and CB2 are not in the 10-05 system,
# so their positions are unknown.
_ELECTRODES = (
    "Fp1", "Fpz", "Fp2", "AF3", "AF4", "F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8",
    "FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8", "T7", "C5", "C3", "C1", "Cz",
    "C2", "C4", "C6", "T8", "TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "TP8", "P7",
    "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8", "PO7", "PO5", "PO3", "POz", "PO4", "PO6",
    "PO8", "CB1", "O1", "Oz", "O2", "CB2",
)  # fmt: skip


def seed_person(path: Path) -> str:
    """Return the subject by the file's name: ``sub-01`` for ``1_20131027.mat``.

    Raises `RecordingError` if the name has another form.
    """
    named = _FILE.fullmatch(path.stem)
    if named is None:
        raise RecordingError(f"{path}: not named like SEED's 1_20131027.mat (person, date)")
    return f"sub-{int(named[1]):02d}"


def read_seed(path: Path) -> Recording:
    """Read one session; its markers have the form ``film-03/negative``.

    Raises `RecordingError` if the file is not SEED's, or ``label.mat`` is not beside it.
    """
    name = f"{seed_person(path)}_task-emotion_eeg"
    variables = {int(m[1]): v for v in list_matlab(path) if (m := _VARIABLE.fullmatch(v))}
    if not variables:
        raise RecordingError(f"{path}: has no variable like djc_eeg1: not SEED's Preprocessed_EEG")
    feelings = _feelings(path.with_name(_LABELS))
    if max(variables) > len(feelings):
        raise RecordingError(
            f"{path.with_name(_LABELS)}: {len(feelings)} labels, but {path.name} has film "
            f"{max(variables)}"
        )
    found = read_matlab(path, tuple(variables.values()))
    nothing = np.empty((0, len(_ELECTRODES)), dtype=np.float32)
    films = [
        Film(
            f"film-{number:02d}/{feelings[number - 1]}",
            nothing,
            film_signal(np.asarray(found[variable]).T, len(_ELECTRODES), f"{path}: {variable}"),
        )
        for number, variable in sorted(variables.items())
    ]
    return join_films(films, _ELECTRODES, _SFREQ, name, str(path))


def _feelings(path: Path) -> list[str]:
    labels = np.asarray(read_matlab(path, ("label",))["label"]).ravel()
    if labels.dtype.kind not in "fiu" or not np.isin(labels, list(_FEELINGS)).all():
        raise RecordingError(f"{path}: label is not -1, 0 or 1 for each film")
    return [_FEELINGS[int(label)] for label in labels]
