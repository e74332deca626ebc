"""Command ``bci export``: a recording into a BIDS dataset."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import print_file, warn
from bci.cli.events import JsonOption
from bci.cli.options import MarkersOption, RateOption


def export(
    file: Annotated[Path, typer.Argument(help="A recording of any format that can be read.")],
    subject: Annotated[str, typer.Option(help="Who: letters and digits.")],
    task: Annotated[str, typer.Option(help="What was done: letters and digits.")],
    session: Annotated[str | None, typer.Option(help="Which visit.")] = None,
    folder: Annotated[Path, typer.Option(help="The BIDS dataset; made if missing.")] = Path("bids"),
    run: Annotated[int | None, typer.Option(min=1, help="Default: the next free run.")] = None,
    stream: Annotated[
        str | None, typer.Option(help="Name or type of the signal, where a file holds several.")
    ] = None,
    markers: MarkersOption = None,
    rate: RateOption = None,
    line_hz: Annotated[float | None, typer.Option(help="Power line: 50 or 60 Hz.")] = None,
    bad: Annotated[
        list[str] | None, typer.Option(help="A channel to mark as bad; again for more.")
    ] = None,
    intracranial: Annotated[
        bool,
        typer.Option("--intracranial", help="The electrodes that the file calls EEG are sEEG."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export a recording into a BIDS dataset: BrainVision for EEG and iEEG, FIF for MEG.

    Events are the markers and notes, never the decisions. Nothing is ever overwritten.
    With --json, standard output has an event a line: warning, at last file; or error.

    Example: bci export run.xdf --folder bids --subject 07 --task motorimagery --line-hz 50
    """
    from bci.clock.timekeeping import losses_of
    from bci.files.writable import require_folder
    from bci.recording.bids.export import export_bids, markers_outside
    from bci.recording.bids.names import Session
    from bci.recording.read import read_recording

    visit = Session(subject, task, session, "ieeg" if intracranial else "eeg")
    require_folder(folder, "--folder")
    recording = read_recording(file, stream, markers, given_hz=rate)
    path = export_bids(recording, visit, folder, run, tuple(bad or ()), line_hz)
    if lost := losses_of(recording):
        warn(f"{file}: {lost}")
    if n_outside := markers_outside(recording):
        warn(f"{n_outside} markers lie before or after the signal and were left out")
    print_file(path, as_json)
