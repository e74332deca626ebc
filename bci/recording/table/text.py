"""Text tables: comments, column names, numbers and columns of events."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError

# EmotivPRO writes a line with title, rate and headset above the column names.
_COMMENTS = ("%", "#", "title:")
_SEPARATORS = ",\t;"
_LONGEST_LINE = 1 << 20
_MAX_COLUMNS = 10_000
_MAX_VALUES = 200_000_000
_MAX_COMMENTS = 1000
_BLOCK = 20_000
# A few lines of wrong length are damage; a larger share means that the file is no table.
_MAX_UNFIT = 0.01


@dataclass(frozen=True, slots=True)
class Head:
    """Lines above the rows of a table.

    ``names`` of the columns are empty if the first line has numbers already.
    """

    comments: tuple[str, ...]
    names: tuple[str, ...]
    separator: str
    n_columns: int


@dataclass(frozen=True, slots=True)
class TextTable:
    """The rows of a table.

    ``numbers`` (n_rows, n_columns) float64 is NaN where a cell has no number. ``events`` has one
    list per requested column: the rows at which the content changes to a value that is neither
    empty nor 0, with that value. ``n_unfit`` counts the rows with too few or too many cells, which
    are left out.
    """

    numbers: NDArray[np.float64]
    events: dict[int, list[tuple[int, str]]]
    n_unfit: int


def read_head(path: Path) -> Head:
    """Read the comments and column names above the rows.

    Raises `RecordingError` if the file is no table.
    """
    with _opened(path) as file:
        comments, first = _beginning(path, file)
    separator = max(_SEPARATORS, key=first.count)
    cells = [cell.strip() for cell in next(csv.reader([first], delimiter=separator), [])]
    if len(cells) < 2 or len(cells) > _MAX_COLUMNS:
        raise RecordingError(f"{path}: not a table of a recording: {len(cells)} columns")
    named = _number(cells[0], separator) is None
    return Head(tuple(comments), tuple(cells) if named else (), separator, len(cells))


def read_rows(path: Path, head: Head, event_columns: tuple[int, ...]) -> TextTable:
    """Read all rows; ``event_columns`` are the numbers of the columns with events.

    Raises `RecordingError` if the file is too large or most of its rows do not fit the first one.
    """
    blocks: list[NDArray[np.float64]] = []
    events: dict[int, list[tuple[int, str]]] = {column: [] for column in event_columns}
    before = dict.fromkeys(event_columns, "")
    n_rows = n_unfit = 0
    with _opened(path) as file:
        _beginning(path, file)
        if not head.names:
            file.seek(0)
        lines = (
            line
            for line in _lines(path, file)
            if line.strip() and (head.names or not line.startswith(_COMMENTS))
        )
        rows = csv.reader(lines, delimiter=head.separator)
        try:
            while block := list(islice(rows, _BLOCK)):
                fit = [row for row in block if len(row) == head.n_columns]
                n_unfit += len(block) - len(fit)
                for column in event_columns:
                    for number, row in enumerate(fit, n_rows):
                        content = _event(row[column], head.separator)
                        if content and content != before[column]:
                            events[column].append((number, content))
                        before[column] = content
                n_rows += len(fit)
                if n_rows * head.n_columns > _MAX_VALUES:
                    raise RecordingError(f"{path}: too large: more than {_MAX_VALUES} values")
                blocks.append(_numbers(fit, head))
        except csv.Error as error:
            raise RecordingError(f"{path}: damaged table ({error})") from error
    if not n_rows + n_unfit:
        raise RecordingError(f"{path}: holds no signal")
    if not n_rows or n_unfit > max(1, _MAX_UNFIT * n_rows):
        raise RecordingError(
            f"{path}: not a table of a recording: {n_unfit} of {n_rows + n_unfit} rows do not have "
            f"the {head.n_columns} columns of the first line"
        )
    return TextTable(np.concatenate(blocks), events, n_unfit)


def _opened(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _beginning(path: Path, file: TextIO) -> tuple[list[str], str]:
    """Read the comments at the file's beginning, and the first line after them."""
    comments: list[str] = []
    for line in _lines(path, file):
        if line.startswith(_COMMENTS) and len(comments) < _MAX_COMMENTS:
            comments.append(line.strip())
        elif line.strip():
            return comments, line
    raise RecordingError(f"{path}: holds no signal")


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise RecordingError(f"{path}: not a table of a recording: a line has no end")
        if "\0" in line:
            raise RecordingError(f"{path}: not a text file")
        yield line


def _numbers(rows: list[list[str]], head: Head) -> NDArray[np.float64]:
    numbers = np.empty((len(rows), head.n_columns))
    for column in range(head.n_columns):
        cells = [row[column] for row in rows]
        try:
            numbers[:, column] = np.array(cells, dtype=np.float64)
        except ValueError:
            found = (_number(cell, head.separator) for cell in cells)
            numbers[:, column] = [np.nan if value is None else value for value in found]
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _number(cell: str, separator: str) -> float | None:
    """Convert a cell to a number; None if it has none.

    A comma is a decimal comma unless ``separator`` is a comma.
    """
    try:
        return float(cell if separator == "," else cell.replace(",", "."))
    except ValueError:
        return None


def _event(cell: str, separator: str) -> str:
    """Convert a cell to a label: ``1.0`` becomes ``1``, and 0 or NaN an empty label."""
    content = cell.strip()
    value = _number(content, separator)
    if value is None:
        return content
    if not np.isfinite(value) or not value:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:g}"
