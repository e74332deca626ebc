"""Command ``bci demo``: replay, engine and dashboard together."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bci.cli.options import EngineName
from bci.cli.replay import parse_speed
from bci.errors import ProfileError
from bci.signals import Task

RECORDINGS = Path("recordings")


def demo(
    recording: Annotated[
        Path | None, typer.Argument(help="Replay this instead of the simulated subject.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Model folder; needed with a recording.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile; default: that of the simulated subject.")
    ] = None,
    task: Annotated[
        Task, typer.Option(help="What the simulated subject does, without a recording.")
    ] = "motor-imagery",
    speed: Annotated[str, typer.Option(help="Times real time.")] = "1",
    folder: Annotated[Path, typer.Option(help="Where the simulated subject is kept.")] = RECORDINGS,
    name: EngineName = None,
    screenshot: Annotated[Path | None, typer.Option(hidden=True)] = None,
    screenshot_after: Annotated[float, typer.Option(hidden=True)] = 30.0,
) -> None:
    """Watch a recording being decoded live: replay, engine and dashboard together.

    Without a recording: a simulated subject, calibrated at the first start by the same
    commands that you have ('bci simulate', 'bci calibrate').

    Example: bci demo S007R12.edf --model recordings/models/S007
    """
    from bci.cli.dashboard import run_demo

    if recording is None and model is not None:
        raise ProfileError("--model needs a recording to replay: bci demo FILE --model FOLDER")
    parse_speed(speed)
    shot = screenshot, screenshot_after
    sys.exit(run_demo(recording, model, profile, task, speed, folder, name, *shot))
