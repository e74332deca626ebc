"""State of a server or a site in a file, which is read and written as a whole."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from bci.errors import ProfileError
from bci.files.writable import appearing


class StateFile(BaseModel):
    """Base class of a state in a JSON file."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a state; without a file, return the initial state. Raise ProfileError if damaged."""
        try:
            return cls.model_validate_json(file.read_bytes()) if file.exists() else cls()
        except (ValidationError, OSError) as error:
            raise ProfileError(f"{file} cannot be read; give another --state folder") from error

    def write(self, file: Path) -> None:
        """Write a state; after a stop at any time, the file has the old or the new state."""
        with appearing(file) as new:
            new.write_text(self.model_dump_json(indent=1), encoding="utf-8")
