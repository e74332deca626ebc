"""SEED: 15 people watch the same 15 films three times, the preprocessed MATLAB file of one session.

Zheng and Lu, IEEE Trans. Auton. Ment. Dev. 7 (2015) 162-175. How ``Preprocessed_EEG`` is laid out
follows public readers of it (torcheeg and others): ``1_20131027.mat`` (person, date) holds
``djc_eeg1`` ... ``djc_eeg15``, each (62, n_samples) at 200 Hz, 0-75 Hz, beginning with the person's
initials; ``label.mat`` beside it ``label`` (1, 15): -1 negative, 0 neutral, 1 positive, the same
for all. Values are taken as microvolts. There is no rest in the files.
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
# As "Channel Order.xlsx" of the data set has them, by its names. CB1 and CB2 are not of the 10-05
# system, so that their places are not known.
_ELECTRODES = (
    "Fp1", "Fpz", "Fp2", "AF3", "AF4", "F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8",
    "FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8", "T7", "C5", "C3", "C1", "Cz",
    "C2", "C4", "C6", "T8", "TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "TP8", "P7",
    "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8", "PO7", "PO5", "PO3", "POz", "PO4", "PO6",
    "PO8", "CB1", "O1", "Oz", "O2", "CB2",
)  # fmt: skip


def seed_person(path: Path) -> str:
    """``sub-01`` of ``1_20131027.mat``.

    Raises `RecordingError` if the file is not named so.
    """
    named = _FILE.fullmatch(path.stem)
    if named is None:
        raise RecordingError(f"{path}: not named like SEED's 1_20131027.mat (person, date)")
    return f"sub-{int(named[1]):02d}"


def read_seed(path: Path) -> Recording:
    """One session; its markers are ``film-03/negative`` and the like.

    Raises `RecordingError` if the file is none of SEED's, or ``label.mat`` is not beside it.
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
