"""Places that are written to when long work is done: whether that will be possible."""

import os
from pathlib import Path


def obstacle(path: Path) -> str:
    """Why nothing can be made at a path, with the folders that it lacks; empty if it can."""
    try:
        above = next(place for place in path.absolute().parents if place.exists())
        if not above.is_dir():
            return f"{above} is no folder"
        if not os.access(above, os.W_OK | os.X_OK):
            return f"{above} may not be written to"
    except OSError as error:
        return error.strerror or str(error)
    return ""
