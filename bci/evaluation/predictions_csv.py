"""Every prediction of an evaluation as a table of comma-separated values, for other programs."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bci.errors import RecordingError
from bci.training.epochs import JudgedWindow, OnWindow

COLUMNS = (
    "recording",
    "window_start_s",
    "time_s",
    "true_class",
    "label",
    "decision",
    "confidence",
)


@contextmanager
def predictions_table(path: Path, classes: tuple[str, ...]) -> Iterator[Callable[[str], OnWindow]]:
    """Open the table; makes a receiver for `evaluate` of a recording's name, which writes its rows.

    ``time_s`` is when the window's last sample was taken, in seconds of the recording;
    ``true_class`` the class of the trial that the window belongs to, empty elsewhere. ``label`` is
    the likeliest class of the window alone. ``decision`` and ``confidence`` are what the engine
    decides at the end of the window: no decision below the threshold, neither of both until the
    evidence is whole. Then one column a class, with its probability to the last digit.

    A file of that name is replaced.

    Raises
    ------
    RecordingError
        If the file does not end in ``.csv`` or cannot be written.
    """
    if path.suffix.lower() != ".csv":
        # Anything else might be a recording that was named here by mistake.
        raise RecordingError(f"{path}: predictions are written to a file that ends in .csv")
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as problem:
        raise RecordingError(f"{path}: cannot be written ({problem.strerror})") from problem
    with file:
        rows = csv.writer(file)
        rows.writerow([*COLUMNS, *(f"p_{name}" for name in classes)])

        def add(recording: str, window: JudgedWindow) -> None:
            rows.writerow(_row(recording, window))

        yield lambda recording: partial(add, recording)


def _row(recording: str, window: JudgedWindow) -> list[str]:
    prediction, trial, decision = window.prediction, window.trial, window.decision
    true = trial.label if trial is not None else ""
    # As short as they are exact: what is read again is the same number.
    numbers = (window.first, prediction.taken, *prediction.probabilities)
    first, taken, *probabilities = (repr(float(number)) for number in numbers)
    label, confidence = "", ""
    if decision is not None:
        label, confidence = decision.label or "", repr(float(decision.confidence))
    return [recording, first, taken, true, prediction.label, label, confidence, *probabilities]
