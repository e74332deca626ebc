"""One runner of every study: trainings in turn, a file of results, tables of them."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from rich.progress import track
from rich.table import Table

from bci.cli import events
from bci.cli.console import err, out
from bci.errors import PlaceError, RecordingError
from bci.files.writable import require_place
from bci.messages import OutcomeEvent, ProgressEvent


class Row(Protocol):
    """One line of results, a named tuple: the conditions of a training first, then figures."""

    def _asdict(self) -> dict[str, Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


R = TypeVar("R", bound=Row)
T = TypeVar("T")

Cell = Callable[[list[Any]], str]
"""Given the rows of a condition, makes a cell of the table."""


class Results(Generic[R]):
    """The rows of a study; those of its file are not trained again.

    The first ``n_conditions`` fields of a row name the training. Rows are kept in ``file`` (JSON),
    all made with the same settings and subjects, ``made_with``. ``figures`` makes the figures of an
    event from a row's other fields.

    Raises
    ------
    PlaceError
        If the file cannot be written.
    RecordingError
        If the file holds anything but results of this study.
    """

    def __init__(
        self, study: str, row: Callable[..., R], n_conditions: int, file: Path | None,
        made_with: Mapping[str, Any] | None = None,
        figures: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> None:  # fmt: skip
        self._study, self._n_conditions, self._file = study, n_conditions, file
        self._made_with, self._figures = dict(made_with or {}), figures
        self.rows: list[R] = []
        if file is None:
            return
        require_place(file)
        if file.is_dir():
            raise PlaceError(f"{file} cannot be written: it is a folder; give another --out")
        if not file.exists():
            return
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            self.rows = [row(*each) for each in stored["rows"]]
            same = stored["made_with"] == self._made_with
        except (ValueError, TypeError, KeyError) as error:
            raise RecordingError(
                f"{file}: not a file of this benchmark's results; give another --out"
            ) from error
        if not same:
            raise RecordingError(
                f"{file}: made with other subjects or settings; give another --out"
            )

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
        rows = ",\n".join(json.dumps(row) for row in self.rows)
        content = f'{{"made_with": {json.dumps(self._made_with)},\n"rows": [\n{rows}\n]}}\n'
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


def print_table(title: str | None, cells: Mapping[str, Cell], groups: Iterable[list[R]]) -> None:
    """Print a line for each group of rows; nothing of an empty one."""
    table = Table(*cells, title=title)
    for rows in groups:
        if rows:
            table.add_row(*(cell(rows) for cell in cells.values()))
    if not events.wanted():
        out.print(table)


def first(field: str) -> Cell:
    """A cell with what all rows of a condition share."""
    return lambda rows: str(getattr(rows[0], field))


def spread(field: str, digits: int = 2) -> Cell:
    """A cell with mean and standard deviation of a figure."""
    return lambda rows: mean_and_sd([getattr(row, field) for row in rows], digits)


def n_trials(rows: list[Any]) -> str:
    return f"{len(rows)} subjects, {sum(row.n_trials for row in rows)} trials"


def mean_and_sd(values: Sequence[float], digits: int = 2) -> str:
    """Format the mean and the standard deviation over people."""
    sd = np.std(values, ddof=min(1, len(values) - 1))
    return f"{np.mean(values):.{digits}f} ± {sd:.{digits}f}"
