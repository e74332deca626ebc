"""The options that say of a stream or file what it does not say itself."""

from typing import Annotated, Any

import typer

from bci.errors import ProfileError
from bci.profiles.pipeline_settings import Unit

_LONGEST_NAME = 200

GivenUnit = Annotated[
    Unit | None,
    typer.Option("--unit", help="Unit of the voltages, where the stream or file states none."),
]
GivenNames = Annotated[
    str | None,
    typer.Option("--names", help="Names of all channels, in order, with commas: Fz,C3,Cz,C4."),
]
Resample = Annotated[
    bool, typer.Option("--resample", help="Resample a stream or file of another rate.")
]


def given_options(
    unit: Unit | None = None, names: str | None = None, resample: bool = False
) -> dict[str, Any]:
    """The settings of a pipeline that these options stand for, of those that are given.

    Raises
    ------
    ProfileError
        If a name is empty or too long.
    """
    listed = tuple(name.strip() for name in names.split(",")) if names is not None else None
    for name in listed or ():
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise ProfileError(
                f"--names: {name!r:.60} is no name of 1 to {_LONGEST_NAME} letters; write them as "
                "Fz,C3,Cz,C4"
            )
    given = {"unit": unit, "names": listed, "resample": resample}
    return {key: value for key, value in given.items() if value}
