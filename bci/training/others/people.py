"""Find the recordings of many people, in one folder per person."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.recording.formats import recordings_in, without_parts

_MOST_NAMED = 20
# Step of the run numbers between people; nobody has as many runs.
_RUNS = 1000
EXECUTED_FROM = 1_000_000
"""Smallest group number of runs with executed movements, in one person's training."""


def runs_of(person: int, runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Convert the run numbers (n_windows,) of ``person`` to numbers that no other person has."""
    return runs + _RUNS * person


def people_of(runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the person of each run number made by `runs_of`, (n_windows,)."""
    return runs // _RUNS


def are_executed(groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the group numbers (n_windows,) that are runs of executed movements.

    The groups are those of one person's training.
    """
    return np.asarray(groups >= EXECUTED_FROM)


def files_of_people(
    folder: Path, runs: Sequence[str] = (), without: Sequence[str] = (), option: str = "--runs"
) -> dict[str, list[Path]]:
    """List each person's recordings, by the person's name in alphabetical order.

    ``folder`` has one folder per person, named after the person. ``runs`` are patterns for the
    file names; empty takes every recording. ``without`` are names of people to leave out.
    ``option`` is the command line option with the patterns, for error messages.

    Raises
    ------
    RecordingError
        If the folder or a person is missing, no file matches, or a pattern is invalid.
    """
    if not folder.is_dir():
        raise RecordingError(f"{folder}: no such folder")
    people = [person for person in sorted(folder.iterdir()) if person.is_dir()]
    names = [person.name for person in people]
    for name in without:
        if name not in names:
            there = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
            raise RecordingError(
                f"{folder}: there is no {name} that could be left out by --without; there are: "
                f"{there or 'none'}"
            )
    files = {p.name: _recordings(p, runs, option) for p in people if p.name not in without}
    if not any(files.values()):
        fits = " or ".join(map(repr, runs))
        wanted = f"holds a file that fits {option} {fits}" if runs else "holds a recording"
        raise RecordingError(f"{folder}: no folder of a person in it {wanted}")
    return files


def executed_apart(
    files: dict[str, list[Path]], executed: dict[str, list[Path]]
) -> dict[str, list[Path]]:
    """Return each person's files without the files of executed movements.

    Raises
    ------
    RecordingError
        If a person has executed runs only.
    """
    imagined = {
        person: [file for file in own if file not in executed[person]]
        for person, own in files.items()
    }
    for person, own in imagined.items():
        if executed[person] and not own:
            raise RecordingError(
                f"{person} has runs of executed movement only, on which nothing can be scored; "
                "name other runs by --runs, or leave this person out by --without"
            )
    return imagined


def _recordings(person: Path, runs: Sequence[str], option: str) -> list[Path]:
    every = recordings_in(person)
    if not runs:
        return every
    fitting = {file for pattern in runs for file in _matching(person, pattern, option)}
    return without_parts([f for f in sorted(fitting) if f.is_file() or f in every])


def _matching(person: Path, pattern: str, option: str) -> list[Path]:
    try:
        if ".." in Path(pattern).parts:
            raise ValueError("it leaves that folder")
        if not Path(pattern).parts:
            raise ValueError("it is that folder")
        return list(person.glob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise RecordingError(
            f"{option} {pattern!r} is no pattern of files in a person's folder ({error}); give "
            "one like '*R0[48].edf'"
        ) from error
