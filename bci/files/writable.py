"""Checks that output can be written, and files that appear only when complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from bci.errors import PlaceError


def obstacle(path: Path) -> str:
    """Explain why ``path`` and its missing folders cannot be created; empty if they can."""
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
    """Check, before a long computation, that a file or folder can be created at ``path``.

    Raises `PlaceError` if it cannot; the message names the command's ``option``.
    """
    if why := obstacle(path):
        raise PlaceError(f"{path} cannot be written: {why}; give another {option}")


def require_folder(folder: Path, option: str = "--out") -> None:
    """Check that files can be created in ``folder``, which may be missing; see `require_place`."""
    if why := obstacle(folder / "file"):
        raise PlaceError(f"{folder} cannot be written to: {why}; give another {option}")


@contextmanager
def appearing(file: Path) -> Iterator[Path]:
    """Yield a temporary path; after the block, rename it to ``file``.

    So an incomplete file never has the final name. If two processes write the same file, the last
    one remains. The temporary path lies in the same folder, which is created, and has the same
    ending.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{uuid4().hex[:8]}.{file.name}")
    try:
        yield new
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
