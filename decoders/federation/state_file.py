"""State of a server or a site in a file, which is read and written as a whole."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ValidationError

from bci.errors import ProfileError
from bci.files.writable import appearing
from decoders.federation.agreement import Federation


class StateFile(BaseModel):
    """Base class of a state in a folder's JSON file ``NAME``, for one agreement."""

    NAME: ClassVar[str]
    agreement: int = 0

    @classmethod
    def read(cls, folder: Path, agreed: Federation) -> Self:
        """Read a state; without a file, return the initial state.

        Raises ProfileError if it is damaged or belongs to another agreement.
        """
        file = folder / cls.NAME
        try:
            state = cls.model_validate_json(file.read_bytes()) if file.exists() else cls()
        except (ValidationError, OSError) as error:
            raise ProfileError(f"{file} cannot be read; give another --state folder") from error
        if state.agreement not in (0, agreed.digest()):
            raise ProfileError(
                f"{file} is of a federation with another model, training or privacy; "
                "give another folder"
            )
        state.agreement = agreed.digest()
        return state

    def write(self, folder: Path) -> None:
        """Write a state; after a stop at any time, the file has the old or the new state."""
        with appearing(folder / self.NAME) as new:
            new.write_text(self.model_dump_json(indent=1), encoding="utf-8")
