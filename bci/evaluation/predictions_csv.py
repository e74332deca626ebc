"""Write every prediction of an evaluation to a CSV table, for other programs."""

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
    """Open the table ``path``; yield a function that adds the rows of a recording.

    The function takes the recording's name and returns the ``on_window`` argument of `evaluate`.

    ``window_start_s`` and ``time_s`` are the times of the window's first and last sample, in
    seconds of the recording. ``true_class`` is the class of the window's trial, empty outside
    trials. ``label`` is the likeliest class of the window alone. ``decision`` and ``confidence``
    are the engine's at the end of the window. ``decision`` is empty below the threshold; both are
    empty until the evidence is complete. One column per class follows, with its probability in
    full precision.

    An existing file is replaced.

    Raises
    ------
    RecordingError
        If the file does not end in ``.csv`` or cannot be written.
    """
    if path.suffix.lower() != ".csv":
        # Another ending may be that of a recording, named here by mistake.
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
    # The shortest text that reads back as the same number.
    numbers = (window.first, prediction.taken, *prediction.probabilities)
    first, taken, *probabilities = (repr(float(number)) for number in numbers)
    label, confidence = "", ""
    if decision is not None:
        label, confidence = decision.label or "", repr(float(decision.confidence))
    return [recording, first, taken, true, prediction.label, label, confidence, *probabilities]
