"""Command ``bci new``: write a plug-in package."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import err, out


def new(
    kind: Annotated[str, typer.Argument(help="decoder, filter or device.")],
    name: Annotated[str, typer.Argument(help="Its name in profiles and commands.")],
    folder: Annotated[Path, typer.Option(help="Where to write the package's folder.")] = Path(),
) -> None:
    """Write a small package with a decoder, a filter or a device of your own, and its tests.

    Example: bci new filter smooth
    """
    from bci.plugins.new_package import write_plugin

    made = write_plugin(kind, name, folder)
    out.print(f"{made}: install it by 'pip install -e {made}', test it by 'pytest {made}'")
    err.print("'bci plugins' lists it then")
