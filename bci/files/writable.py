"""Places that are written to when long work is done, and files that appear whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from bci.errors import PlaceError


def obstacle(path: Path) -> str:
    """Explain why nothing can be made at a path, with its missing folders; empty if it can."""
    try:
        above = next(place for place in path.absolute().parents if place.exists())
        if not above.is_dir():
            return f"{above} is no folder"
        if not os.access(above, os.W_OK | os.X_OK):
            return f"{above} may not be written to"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def require_place(path: Path, option: str = "--out") -> None:
    """Prove that a file or folder can be made at a path, before it is worked for.

    Raises `PlaceError` if it cannot.
    """
    if why := obstacle(path):
        raise PlaceError(f"{path} cannot be written: {why}; give another {option}")


def require_folder(folder: Path, option: str = "--out") -> None:
    """Prove that files can be made in a folder, which may be missing yet; see `require_place`."""
    if why := obstacle(folder / "file"):
        raise PlaceError(f"{folder} cannot be written to: {why}; give another {option}")


@contextmanager
def appearing(file: Path) -> Iterator[Path]:
    """Give a path to write to, and put that file in its place once it is whole.

    Another process that writes the same file at the same time does no harm: the last one stays.
    The path lies in the same folder, which is made, and ends as the file's name does.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{uuid4().hex[:8]}.{file.name}")
    try:
        yield new
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
