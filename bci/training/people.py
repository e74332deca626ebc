"""Whose recordings a base model learns from: a folder for each person."""

from collections.abc import Sequence
from pathlib import Path

from bci.errors import RecordingError
from bci.recording.formats import recordings_in, without_parts

_MOST_NAMED = 20


def files_of_people(
    folder: Path, runs: str | None = None, without: Sequence[str] = ()
) -> dict[str, list[Path]]:
    """Each person's recordings, in order of their names.

    ``folder`` holds a folder for each person, by whose name it is called; ``runs`` is a pattern of
    the files in one, without which every recording counts; ``without`` are left out.

    Raises
    ------
    RecordingError
        If there is no such folder or person, nothing to read, or the pattern is none.
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
    files = {p.name: _recordings(p, runs) for p in people if p.name not in without}
    if not any(files.values()):
        wanted = "holds a recording" if runs is None else f"holds a file that fits --runs {runs!r}"
        raise RecordingError(f"{folder}: no folder of a person in it {wanted}")
    return files


def _recordings(person: Path, runs: str | None) -> list[Path]:
    every = recordings_in(person)
    if runs is None:
        return every
    try:
        if ".." in Path(runs).parts:
            raise ValueError("it leaves that folder")
        fitting = [f for f in sorted(person.glob(runs)) if f.is_file() or f in every]
        return without_parts(fitting)
    except (ValueError, NotImplementedError) as error:
        raise RecordingError(
            f"--runs {runs!r} is no pattern of files in a person's folder ({error}); give one like "
            "'*R0[48].edf'"
        ) from error
