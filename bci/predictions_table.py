"""Every prediction of an evaluation as a table of comma-separated values, for other programs."""

import csv
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.trials import JudgedWindow

COLUMNS = ("recording", "window_start_s", "time_s", "true_class", "decision")
# Rows reach the disk after so many, for a program that watches the evaluation go on.
_ROWS_AT_ONCE = 50
_MOST_BYTES = 1 << 30


class PredictionsTable:
    """Writes the table, row by row; to be used in a ``with`` statement.

    ``time_s`` is when the window's last sample was taken, in seconds of the recording;
    ``true_class`` the class of the trial that the window belongs to, empty elsewhere. Then
    one column a class, with its probability to the last digit.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``; replaced where it exists.
    classes : tuple of str

    Raises
    ------
    RecordingError
        If the file has another ending or cannot be written.
    """

    def __init__(self, path: Path, classes: tuple[str, ...]) -> None:
        if path.suffix.lower() != ".csv":
            # Anything else might be a recording that was named here by mistake.
            raise RecordingError(f"{path}: predictions are written to a file that ends in .csv")
        try:
            self._file = path.open("w", encoding="utf-8", newline="")
        except OSError as problem:
            raise RecordingError(f"{path}: cannot be written ({problem.strerror})") from problem
        self._rows = csv.writer(self._file)
        self._rows.writerow([*COLUMNS, *(f"p_{name}" for name in classes)])
        self._n_rows = 0

    def __enter__(self) -> "PredictionsTable":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self._file.close()

    def of(self, recording: str) -> Callable[[JudgedWindow], None]:
        """What `bci.evaluation.evaluate` is to tell of this recording's windows."""

        def add(window: JudgedWindow) -> None:
            prediction, trial = window.prediction, window.trial
            label = trial.label if trial is not None else ""
            # As short as they are exact: what is read again is the same number.
            numbers = (window.first, prediction.taken, *prediction.probabilities)
            first, taken, *probabilities = (repr(float(number)) for number in numbers)
            self._rows.writerow([recording, first, taken, label, prediction.label, *probabilities])
            self._n_rows += 1
            if self._n_rows % _ROWS_AT_ONCE == 0:
                self._file.flush()

        return add


@dataclass(frozen=True)
class Predictions:
    """The predictions of one recording.

    ``times`` (n,) of the windows' last samples and ``probabilities`` (n, n_classes).
    """

    classes: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: NDArray[np.float64]


def read_predictions(path: Path) -> Predictions:
    """The whole rows of a table of one recording, which may still be growing.

    Raises
    ------
    RecordingError
        If there is no such table, or it holds what is none.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RecordingError(f"{path}: larger than {_MOST_BYTES >> 30} GiB; not read")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RecordingError(f"{path}: cannot be read as a table of predictions") from problem
    whole = text[: text.rfind("\n") + 1]
    header, *rows = list(csv.reader(whole.splitlines())) or [[]]
    names = header[len(COLUMNS) :]
    if tuple(header[: len(COLUMNS)]) != COLUMNS or not all(n.startswith("p_") for n in names):
        raise RecordingError(f"{path}: its first line is not that of a table of predictions")
    with suppress(ValueError, IndexError):
        numbers = np.array([[row[2], *row[len(COLUMNS) :]] for row in rows], dtype=np.float64)
        numbers = numbers.reshape(len(rows), 1 + len(names))
        classes = tuple(name.removeprefix("p_") for name in names)
        return Predictions(classes, numbers[:, 0], numbers[:, 1:])
    raise RecordingError(f"{path}: a row of it is not one of a table of predictions")
