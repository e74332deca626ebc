"""DREAMER: 23 people watch 18 films, 14 electrodes at 128 Hz, all in one MATLAB file.

Katsigiannis and Ramzan, IEEE J. Biomed. Health Inform. 22 (2018) 98-107. The file is on Zenodo;
its authors grant access on request. Its layout is known from public readers (torcheeg and others):
``DREAMER.Data{1, person}.EEG.stimuli{film, 1}`` has the shape (n_samples, 14), and so has
``.baseline``; ``ScoreValence`` and ``ScoreArousal`` (n_films, 1) are from 1 to 5. Values are
treated as microvolts; the headset adds an offset of several thousand.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.datasets.film_runs import Film, film_label, film_signal, join_films
from bci.datasets.matlab import read_matlab
from bci.errors import RecordingError
from bci.signals import Recording

_MOST = 1000


def read_dreamer(path: Path) -> Iterator[Recording]:
    """Yield one recording per person, in the file's order.

    The marker ``rest`` is at the start of the baseline before a film. A marker such as
    ``film-07/valence-2/arousal-4`` is at the start of the film and has the person's own ratings.
    The file lacks the time between these parts, so the sample index jumps.

    Raises `RecordingError` if the file is not DREAMER's, or a part of it is missing or has another
    layout; the message names the person, the film and the field.
    """
    whole = _Field(read_matlab(path, ("DREAMER",))["DREAMER"], f"{path}: DREAMER")
    sfreq = float(whole.get("EEG_SamplingRate").numbers(1)[0])
    if not 1 <= sfreq <= 10_000:
        raise RecordingError(f"{path}: EEG_SamplingRate is {sfreq:g} Hz")
    ch_names = tuple(each.text() for each in whole.get("EEG_Electrodes").cells())
    for k, person in enumerate(whole.get("Data").cells(), 1):
        name = f"sub-{k:02d}"
        films = list(_films(person, len(ch_names)))
        yield join_films(films, ch_names, sfreq, f"{name}_task-emotion_eeg", f"{path}, {name}")


def _films(person: "_Field", n_channels: int) -> Iterator[Film]:
    eeg = person.get("EEG")
    seen, before = eeg.get("stimuli").cells(), eeg.get("baseline").cells()
    valence = person.get("ScoreValence").levels(len(seen))
    arousal = person.get("ScoreArousal").levels(len(seen))
    if len(before) != len(seen):
        raise RecordingError(f"{eeg.where}: {len(seen)} stimuli but {len(before)} baselines")
    for k, (film, rest) in enumerate(zip(seen, before, strict=True)):
        label = film_label(k + 1, valence[k], arousal[k])
        yield Film(
            label, *(film_signal(each.value, n_channels, each.where) for each in (rest, film))
        )


class _Field:
    """A value of the file and its path; SciPy's arrays of one element are unwrapped."""

    def __init__(self, value: Any, where: str) -> None:
        while isinstance(value, np.ndarray) and value.dtype == object and value.shape == (1, 1):
            value = value[0, 0]
        self.value, self.where = value, where

    def get(self, name: str) -> "_Field":
        """Return the field ``name`` of a structure."""
        names = getattr(getattr(self.value, "dtype", None), "names", None) or ()
        if name not in names or self.value.size != 1:
            raise RecordingError(
                f"{self.where} has no field {name}: not DREAMER as it is published"
            )
        return _Field(self.value[name].flat[0], f"{self.where}.{name}")

    def cells(self) -> "list[_Field]":
        """List the cells of a cell array."""
        cells = self.value
        # A cell array of one cell was unwrapped already.
        if not (isinstance(cells, np.ndarray) and cells.dtype == object):
            cells = np.array([[None]], dtype=object)
            cells[0, 0] = self.value
        if not 1 <= cells.size <= _MOST or max(cells.shape) != cells.size:
            raise RecordingError(f"{self.where} is no list of 1 to {_MOST}")
        return [_Field(each, f"{self.where}{{{k}}}") for k, each in enumerate(cells.flat, 1)]

    def text(self) -> str:
        found = np.asarray(self.value)
        if found.dtype.kind != "U" or found.size != 1:
            raise RecordingError(f"{self.where} is no text")
        return str(found.flat[0])

    def numbers(self, n: int) -> NDArray[np.float64]:
        found = np.asarray(self.value)
        if found.dtype.kind not in "fiu" or found.size != n or not np.isfinite(found).all():
            raise RecordingError(f"{self.where} is not {n} numbers")
        return found.astype(np.float64).ravel()

    def levels(self, n: int) -> list[int]:
        found = self.numbers(n)
        if not np.isin(found, range(1, 6)).all():
            raise RecordingError(f"{self.where} has a rating that is none of 1 to 5")
        return [int(level) for level in found]
