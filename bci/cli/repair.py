"""Command ``bci repair``: save the intact part of a damaged XDF file."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import note, print_file, warn
from bci.cli.events import JsonOption


def repair(
    file: Annotated[Path, typer.Argument(help="A damaged XDF file; it is left as it is.")],
    output: Annotated[Path | None, typer.Option(help="Default: <name>_repaired.xdf.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Save what is whole of a truncated or damaged XDF file into a new one.

    Example: bci repair recordings/sub-07_task-rest_run-01_eeg.xdf
    """
    from bci.recording.xdf.repair import repair as salvage

    saved = salvage(file, output)
    for at, what in saved.damage:
        warn(f"damaged at byte {at}: {what}")
    if not saved.damage:
        note(f"{file} was whole")
    note(f"lost {saved.n_lost_bytes} bytes, saved {saved.n_bytes}; of each stream:")
    for name, n_samples in saved.n_samples.items():
        note(f"  {name}: {n_samples} samples")
    print_file(saved.path, as_json)
