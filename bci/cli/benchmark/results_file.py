"""The file that a benchmark keeps its results in."""

from pathlib import Path

from bci.errors import PlaceError
from bci.files.writable import require_place


def check_place(file: Path | None) -> None:
    """Prove that results can be written there, before they are worked for.

    Raises
    ------
    PlaceError
        If they cannot.
    """
    if file is None:
        return
    require_place(file)
    if file.is_dir():
        raise PlaceError(f"{file} cannot be written: it is a folder; give another --out")


def write(file: Path, content: str) -> None:
    """Write the file, and the folder if it lacks; the old one stays until the new one is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.write_text(content, encoding="utf-8")
    new.replace(file)
