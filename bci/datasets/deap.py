"""DEAP: 32 people watch 40 music videos; reader of one person's preprocessed MATLAB file.

Koelstra et al., IEEE Trans. Affect. Comput. 3 (2012) 18-31. The variable ``data`` (n_films, 40,
n_samples) has 128 Hz. Its first 32 channels are EEG in microvolts, filtered to 4-45 Hz. Its first
three seconds precede the film. The variable ``labels`` (n_films, 4) has ratings of valence,
arousal, dominance and liking from 1 to 9.
"""

from pathlib import Path

import numpy as np

from bci.datasets.film_runs import Film, film_label, join_films
from bci.datasets.matlab import read_matlab
from bci.errors import RecordingError
from bci.signals import Recording

_SFREQ = 128.0
_BEFORE_S = 3
_MAX_FILMS = 1000
_ELECTRODES = (
    "Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7", "CP5", "CP1", "P3", "P7", "PO3", "O1",
    "Oz", "Pz", "Fp2", "AF4", "Fz", "F4", "F8", "FC6", "FC2", "Cz", "C4", "T8", "CP6", "CP2",
    "P4", "P8", "PO4", "O2",
)  # fmt: skip


def read_deap(path: Path, name: str) -> Recording:
    """Read a person's recording called ``name``, with markers as in `read_dreamer`.

    Ratings from 1 to 9 become five levels of equal width: 1 is up to 2.6, 2 up to 4.2, and so on.

    Raises `RecordingError` if the file is not one of DEAP's MATLAB files.
    """
    found = read_matlab(path, ("data", "labels"))
    data, labels = np.asarray(found["data"]), np.asarray(found["labels"])
    before = round(_BEFORE_S * _SFREQ)
    if (
        data.dtype.kind != "f"
        or data.ndim != 3
        or not 1 <= len(data) <= _MAX_FILMS
        or data.shape[1] < len(_ELECTRODES)
        or data.shape[2] <= before
        or not np.isfinite(data).all()
    ):
        raise RecordingError(
            f"{path}: data is {data.dtype} of {data.shape}, not films x 40 x samples"
        )
    if labels.dtype.kind != "f" or labels.ndim != 2 or labels.shape[1:] < (2,):
        raise RecordingError(f"{path}: labels is {labels.dtype} of {labels.shape}, not films x 4")
    if len(labels) != len(data) or not ((labels[:, :2] >= 1) & (labels[:, :2] <= 9)).all():
        raise RecordingError(f"{path}: labels has not a rating from 1 to 9 for each film")
    levels = np.clip(np.ceil((labels[:, :2] - 1) / 1.6), 1, 5).astype(int)
    films = [
        Film(film_label(k + 1, *map(int, levels[k])), signal[:before], signal[before:])
        for k, signal in enumerate(
            data[:, : len(_ELECTRODES)].transpose(0, 2, 1).astype(np.float32)
        )
    ]
    return join_films(films, _ELECTRODES, _SFREQ, f"{name}_task-emotion_eeg", str(path))
