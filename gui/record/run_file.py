"""A recorded run as the file system knows it."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """A recorded run: when it was recorded, and how large it is in MB."""

    file: Path
    recorded: datetime
    megabytes: float

    @classmethod
    def of(cls, file: Path) -> "Run":
        """Ask the file system."""
        status = file.stat()
        return cls(file, datetime.fromtimestamp(status.st_mtime), status.st_size / 1e6)
