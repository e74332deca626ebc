"""State of a server or a site on its disk, read and written whole."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from bci.errors import ProfileError
from bci.files.writable import appearing


class StateFile(BaseModel):
    """Base of a state in a JSON file."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a state; without the file, its beginning. Raises ProfileError if damaged."""
        try:
            return cls.model_validate_json(file.read_bytes()) if file.exists() else cls()
        except (ValidationError, OSError) as error:
            raise ProfileError(f"{file} cannot be read; give another --state folder") from error

    def write(self, file: Path) -> None:
        """Write a state; a stop at any moment leaves the old one or the new one."""
        with appearing(file) as new:
            new.write_text(self.model_dump_json(indent=1), encoding="utf-8")
