"""Every prediction of an evaluation as a table of comma-separated values, for other programs."""

import csv
from pathlib import Path
from types import TracebackType

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


class PredictionsTable:
    """Writes the table, row by row; to be used in a ``with`` statement.

    ``time_s`` is when the window's last sample was taken, in seconds of the recording;
    ``true_class`` the class of the trial that the window belongs to, empty elsewhere. ``label`` is
    the likeliest class of the window alone. ``decision`` and ``confidence`` are what the engine
    decides at the end of the window: no decision below the threshold, neither of both until the
    evidence is whole. Then one column a class, with its probability to the last digit.

    A file of that name is replaced.

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

    def __enter__(self) -> "PredictionsTable":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self._file.close()

    def of(self, recording: str) -> OnWindow:
        """Return a receiver for `evaluate` that writes the windows of this recording."""

        def add(window: JudgedWindow) -> None:
            prediction, trial, decision = window.prediction, window.trial, window.decision
            true = trial.label if trial is not None else ""
            # As short as they are exact: what is read again is the same number.
            numbers = (window.first, prediction.taken, *prediction.probabilities)
            first, taken, *probabilities = (repr(float(number)) for number in numbers)
            label, confidence = "", ""
            if decision is not None:
                label, confidence = decision.label or "", repr(float(decision.confidence))
            self._rows.writerow(
                [recording, first, taken, true, prediction.label, label, confidence, *probabilities]
            )

        return add
