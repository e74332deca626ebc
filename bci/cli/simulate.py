"""Command ``bci simulate``: write a simulated subject."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import out, print_file
from bci.cli.events import JsonOption
from bci.signals import Task


def simulate(
    folder: Annotated[Path, typer.Argument(help="Where to write the runs.")] = Path("recordings"),
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same subject, same bits.")] = 1,
    runs: Annotated[int, typer.Option(min=1, max=20, help="How many runs.")] = 3,
    task: Annotated[
        Task,
        typer.Option(
            help="What the subject does; emotion and p300 are EEG, speech sEEG, images MEG."
        ),
    ] = "motor-imagery",
    as_json: JsonOption = False,
) -> None:
    """Write a simulated subject: a few runs of a task with its cues.

    Files that are already there are left as they are.

    Example: bci simulate recordings --seed 1
    """
    from bci.files.writable import require_folder
    from devices.simulated.subject import write_subject

    require_folder(folder, "folder")
    for path in write_subject(folder, seed, runs, task):
        if as_json:
            print_file(path, as_json)
        else:
            out.print(f"{path} (simulated)")
