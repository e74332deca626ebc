"""Results of every study: a file of rows, and tables of them; `study` makes the rows."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from rich.progress import track
from rich.table import Table

from bci.cli import events
from bci.cli.console import err, note, out
from bci.errors import PlaceError, RecordingError
from bci.files.writable import appearing, require_place
from bci.messages import OutcomeEvent, ProgressEvent
from bci.profiles.profile import Profile


class Row(Protocol):
    """One row of results, a named tuple: first the conditions of a training, then its figures."""

    def _asdict(self) -> dict[str, Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


R = TypeVar("R", bound=Row)
T = TypeVar("T")

Conditions = tuple[Any, ...]
"""The first fields of a row, which identify a training."""

Cell = Callable[[list[Any]], str]
"""Function that makes a cell of a table from the rows of a condition."""


class Results(Generic[R]):
    """The rows of a study, stored in a file so that they are not trained again.

    The first ``n_conditions`` fields of a row identify the training. Rows are stored in ``file``
    (JSON); all rows of a file have the same settings and subjects ``made_with``. ``figures``
    converts a row's other fields to the figures of an event. ``version_of`` returns the present
    version of a row's code and settings. Rows of another version stay in the file but are not used.
    Rows in a file without versions count as current.


    Raises
    ------
    PlaceError
        If the file cannot be written.
    RecordingError
        If the file has other content than results of this study.
    """

    def __init__(
        self, study: str, row: Callable[..., R], n_conditions: int, file: Path | None,
        made_with: Mapping[str, Any] | None = None,
        figures: Callable[[dict[str, Any]], dict[str, Any]] = dict,
        version_of: Callable[[R], str] = lambda _row: "",
    ) -> None:  # fmt: skip
        self._study, self._n_conditions, self._file = study, n_conditions, file
        self._made_with, self._figures = dict(made_with or {}), figures
        self._version_of = version_of
        self.rows: list[R] = []
        self._superseded: list[Any] = []
        if file is None:
            return
        require_place(file)
        if file.is_dir():
            raise PlaceError(f"{file} cannot be written: it is a folder; give another --out")
        if not file.exists():
            return
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            found = [row(*each) for each in stored["rows"]]
            versions = stored.get("versions") or [version_of(each) for each in found]
            for each, version in zip(found, versions, strict=True):
                self._sort_in(each, version)
            for version, each in stored.get("superseded", ()):
                self._sort_in(row(*each), version)
            same = stored["made_with"] == self._made_with
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RecordingError(
                f"{file}: not a file of this benchmark's results; give another --out"
            ) from error
        if not same:
            raise RecordingError(
                f"{file}: made with other subjects or settings; give another --out"
            )
        if self._superseded:
            note(
                f"{file}: {len(self._superseded)} results of other code or settings are kept and "
                "not used"
            )

    def _sort_in(self, row: R, version: str) -> None:
        if version == self._version_of(row):
            self.rows.append(row)
        else:
            self._superseded.append([version, row])

    def lacking(self, wanted: Iterable[Conditions]) -> list[Conditions]:
        """List the conditions in ``wanted`` that have no row yet."""
        known: dict[int, set[Conditions]] = {}
        missing = []
        for each in wanted:
            n = len(each)
            if n not in known:
                known[n] = {tuple(row)[:n] for row in self.rows}
            if each not in known[n]:
                missing.append(each)
        return missing

    def arrange(self, wanted: Sequence[Conditions]) -> None:
        """Sort the rows in the order of the conditions ``wanted``."""
        rank = {each: number for number, each in enumerate(wanted)}
        n = len(wanted[0]) if wanted else 0
        before = list(self.rows)
        self.rows.sort(key=lambda row: rank.get(tuple(row)[:n], -1))
        if self.rows != before:
            self._save()

    def add(self, rows: list[R]) -> None:
        """Add all rows of a training at once, so that the file has none of them or all."""
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
        """Write the file; the old file remains until the new one is complete."""
        if self._file is None:
            return
        rows = ",\n".join(json.dumps(row) for row in self.rows)
        parts = [f'"made_with": {json.dumps(self._made_with)}', f'"rows": [\n{rows}\n]']
        if any(versions := [self._version_of(row) for row in self.rows]):
            parts.append(f'"versions": {json.dumps(versions)}')
        if self._superseded:
            parts.append(f'"superseded": {json.dumps(self._superseded)}')
        content = "{" + ",\n".join(parts) + "}\n"
        with appearing(self._file) as new:
            new.write_text(content, encoding="utf-8")


def version(
    number: int, profile: Profile, decoder: str, *settings: object, device: str = "cpu"
) -> str:
    """Make the version text of a row from its code and settings.

    ``number`` is increased by hand when a change of the study's code makes rows incomparable.
    Defaults of the profile are left out, because later versions add some.
    """
    written = profile.model_dump(mode="json", exclude_defaults=True)
    every = [written, decoder, *settings, *([] if device == "cpu" else [device])]
    return f"{number}-{hashlib.sha256(json.dumps(every).encode()).hexdigest()[:8]}"


def tracked(jobs: Sequence[T], doing: str) -> Iterator[T]:
    """Yield jobs with a progress bar on standard error; with ``--json``, one event per job."""
    if not events.wanted():
        yield from track(jobs, doing, transient=True, console=err)
        return
    for done, job in enumerate(jobs):
        events.emit(ProgressEvent(doing=doing, done=done, of=len(jobs)))
        yield job
    events.emit(ProgressEvent(doing=doing, done=len(jobs), of=len(jobs)))


def print_table(title: str | None, cells: Mapping[str, Cell], groups: Iterable[list[R]]) -> None:
    """Print a table with one line per group of rows; empty groups are left out."""
    table = Table(*cells, title=title)
    for rows in groups:
        if rows:
            table.add_row(*(cell(rows) for cell in cells.values()))
    if not events.wanted():
        out.print(table)


def first(field: str) -> Cell:
    """Make a cell with the value of ``field`` that all rows of a condition share."""
    return lambda rows: str(getattr(rows[0], field))


def spread(field: str, digits: int = 2) -> Cell:
    """Make a cell with mean and standard deviation of a figure."""
    return lambda rows: mean_and_sd([getattr(row, field) for row in rows], digits)


def spread_over_people(field: str, digits: int = 2) -> Cell:
    """Make a cell with mean and standard deviation over subjects, after averaging their seeds."""

    def cell(rows: list[Any]) -> str:
        of_subject: dict[int, list[float]] = {}
        for row in rows:
            of_subject.setdefault(row.subject, []).append(getattr(row, field))
        means = [float(np.mean(own)) for own in of_subject.values()]
        return mean_and_sd(means, digits) if len(means) > 1 else f"{means[0]:.{digits}f}"

    return cell


def n_trials(rows: list[Any]) -> str:
    """Format the numbers of subjects, seeds, and trials of one seed."""
    subjects = {row.subject: row.n_trials for row in rows}
    seeds = len({row.seed for row in rows})
    seeded = f" x {seeds} seeds" if seeds > 1 else ""
    people = "1 subject" if len(subjects) == 1 else f"{len(subjects)} subjects"
    return f"{people}{seeded}, {sum(subjects.values())} trials"


def mean_and_sd(values: Sequence[float], digits: int = 2) -> str:
    """Format the mean and the standard deviation over people."""
    sd = np.std(values, ddof=min(1, len(values) - 1))
    return f"{np.mean(values):.{digits}f} ± {sd:.{digits}f}"
