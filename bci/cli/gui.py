"""Command ``bci gui``: the dashboard on a live stream."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bci.cli.options import EngineName


def gui(
    profile: Annotated[
        str, typer.Argument(help="Profile file, or the name of a shipped one.")
    ] = "motor-imagery",
    model: Annotated[
        Path | None, typer.Option(help="Model folder for the engine's start button.")
    ] = None,
    stream: Annotated[str | None, typer.Option(help="Name of the LSL stream to show.")] = None,
    name: EngineName = None,
) -> None:
    """Open the dashboard on a live stream; start and stop the engine from it."""
    from bci.cli.dashboard import open_dashboard

    sys.exit(open_dashboard(profile, model, stream, name))
