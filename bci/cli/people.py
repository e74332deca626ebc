"""Command ``bci people``: several engines side by side."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bci.files.writable import require_place

_MOST = 64


def people(
    name: Annotated[
        list[str] | None,
        typer.Argument(help="Name of an engine; one a person. Default: all engines that run."),
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Save a picture after 10 s, and close.")
    ] = None,
) -> None:
    """Show several engines side by side: signal, decision, quality, latency, clock.

    Closing the window stops no engine.

    Example: bci people anna ben
    """
    from bci.cli.dashboard import import_dashboard
    from bci.errors import StreamError

    if screenshot is not None:
        require_place(screenshot, "--screenshot")
    import_dashboard()
    names = tuple(dict.fromkeys(name or _running()))[:_MOST]
    if not names:
        raise StreamError("no engine runs; start them with bci run A.yaml B.yaml, or name them")
    from gui.people.app import show_people

    sys.exit(show_people(names, screenshot))


def _running() -> list[str]:
    """List the engines on the network by the streams of their predictions."""
    from bci.lsl.discovery import list_streams

    ending = "-predictions"
    return sorted(
        found.info.name.removesuffix(ending)
        for found in list_streams()
        if found.info.type == "Predictions" and found.info.name.endswith(ending)
    )
