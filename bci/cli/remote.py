"""Command ``bci remote``: recordings, an engine and cues for other programs to control."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from bci.cli import options
from bci.cli.console import note
from bci.cli.events import JsonOption
from bci.cli.models import MODELS

_FOLDER = Path("recordings")
_LAST_S = 0.8


def remote(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Default: this computer only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port.")] = 22345,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="BCI_REMOTE_TOKEN",
            help="Clients have to send it as their first line. Needed beyond this computer.",
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Where recordings go; a client's root has to lie in it.")
    ] = _FOLDER,
    profile: Annotated[
        str | None, typer.Option(help="Profile of the engine that clients may start.")
    ] = None,
    models: Annotated[Path, typer.Option(help="Models that the engine may use.")] = MODELS,
    as_json: JsonOption = False,  # noqa: ARG001 - its callback has acted
    with_parent: options.WithParent = False,
) -> None:
    """Let PsychoPy, Unity and other programs start and stop recordings, as with LabRecorder.

    Takes LabRecorder's text commands over TCP: select all, filename {participant:P003} {task:rest},
    start, stop, update. Besides: engine start, engine use {model:NAME}, engine stop, cue LABEL.
    Ctrl-C ends what clients started. A recording continues when a client leaves.

    Example: bci remote --folder recordings/study --profile motor-imagery
    """
    import asyncio

    from bci.cli.stopping import stop_on_signals
    from bci.files.writable import require_folder
    from bci.profiles.profile import load_profile
    from bci.remote.server import check_access

    check_access(host, token)
    require_folder(folder, "--folder")
    if profile is not None:
        load_profile(profile)
    stop = stop_on_signals(with_parent)
    asyncio.run(_serve(host, port, token, folder.resolve(), profile, models, stop))


async def _serve(
    host: str,
    port: int,
    token: str | None,
    folder: Path,
    profile: str | None,
    models: Path,
    stop: threading.Event,
) -> None:
    import socket

    from bci.remote.commands import RemoteCommands
    from bci.remote.server import serve

    source_id = f"remote-cues@{socket.gethostname()}:{port}"
    commands = RemoteCommands(folder, profile, models, source_id, note)
    try:
        await serve(host, port, token, commands.answer, stop, note)
    finally:
        await commands.end(_LAST_S)
