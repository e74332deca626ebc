"""One runner of every study: trainings in turn, a file of results, cells of its tables."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from rich.progress import track

from bci.cli import events
from bci.cli.console import err
from bci.errors import PlaceError, RecordingError
from bci.files.writable import require_place
from bci.messages import OutcomeEvent, ProgressEvent


class Row(Protocol):
    """One line of results, a named tuple: the conditions of a training first, then figures."""

    def _asdict(self) -> dict[str, Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


R = TypeVar("R", bound=Row)
T = TypeVar("T")


def _figures_alone(figures: dict[str, Any]) -> dict[str, Any]:
    return figures


class Results(Generic[R]):
    """The rows of a study; those of its file are not trained again.

    Parameters
    ----------
    study : str
        Its name in events.
    row : type
    n_conditions : int
        How many of a row's first fields name the training.
    file : Path, optional
        Where rows are kept (JSON).
    decode, encode : callable, optional
        Make rows of the file's content, and the content of rows; a list of rows without.
    indent : int
        Of the file.
    figures : callable
        Makes the figures of an event from a row's other fields.

    Raises
    ------
    PlaceError
        If the file cannot be written.
    RecordingError
        If the file holds anything but results of this study.
    """

    def __init__(
        self, study: str, row: Callable[..., R], n_conditions: int, file: Path | None,
        decode: Callable[[Any], Iterable[R]] | None = None,
        encode: Callable[[list[R]], object] = list, indent: int = 0,
        figures: Callable[[dict[str, Any]], dict[str, Any]] = _figures_alone,
    ) -> None:  # fmt: skip
        self._study, self._n_conditions = study, n_conditions
        self._file, self._encode, self._indent = file, encode, indent
        self._figures = figures
        self.rows: list[R] = []
        if file is None:
            return
        require_place(file)
        if file.is_dir():
            raise PlaceError(f"{file} cannot be written: it is a folder; give another --out")
        if file.exists():
            try:
                stored = json.loads(file.read_text(encoding="utf-8"))
                self.rows = list(decode(stored) if decode else (row(*each) for each in stored))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise RecordingError(
                    f"{file}: not a file of this benchmark's results; give another --out"
                ) from error

    def lacks(self, *conditions: object) -> bool:
        """Whether there is no row yet whose first fields are these."""
        n = len(conditions)
        return not any(tuple(row)[:n] == conditions for row in self.rows)

    def add(self, rows: list[R]) -> None:
        """Keep all rows of a training at once, so that the file has none of them or all."""
        if not rows:
            return
        self.rows += rows
        for row in rows:
            self._emit(row)
        self._save()

    def _emit(self, row: R) -> None:
        if not events.wanted():
            return
        fields = list(row._asdict().items())
        known = {
            name: None if value is None or not math.isfinite(value) else float(value)
            for name, value in self._figures(dict(fields[self._n_conditions :])).items()
        }
        conditions = dict(fields[: self._n_conditions])
        events.emit(OutcomeEvent(study=self._study, conditions=conditions, figures=known))

    def _save(self) -> None:
        """Write the file, whose old content stays until the new one is whole."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_name(f".{self._file.name}.new")
        content = json.dumps(self._encode(self.rows), indent=self._indent)
        new.write_text(content, encoding="utf-8")
        new.replace(self._file)


def tracked(jobs: Sequence[T], doing: str) -> Iterator[T]:
    """Yield jobs, with a progress bar on standard error or, with ``--json``, an event a job."""
    if not events.wanted():
        yield from track(jobs, doing, transient=True, console=err)
        return
    for done, job in enumerate(jobs):
        events.emit(ProgressEvent(doing=doing, done=done, of=len(jobs)))
        yield job
    events.emit(ProgressEvent(doing=doing, done=len(jobs), of=len(jobs)))


def mean_and_sd(values: Sequence[float], digits: int = 2) -> str:
    """Format the mean and the standard deviation over people."""
    sd = np.std(values, ddof=min(1, len(values) - 1))
    return f"{np.mean(values):.{digits}f} ± {sd:.{digits}f}"
