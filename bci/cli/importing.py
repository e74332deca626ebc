"""Commands that turn public data sets into recordings that every command reads."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import err, out
from bci.errors import RecordingError

imports = typer.Typer(no_args_is_help=True)

_Out = Annotated[
    Path, typer.Option("--out", help="Where to put a folder for each person; made if missing.")
]


def add_commands(app: typer.Typer) -> None:
    app.add_typer(imports, name="import", help="Turn public data sets into recordings (FIF).")


@imports.callback()
def _imports() -> None:
    """Turn public data sets into recordings (FIF)."""


@imports.command()
def dreamer(
    file: Annotated[Path, typer.Argument(help="DREAMER.mat")],
    out_folder: _Out,
) -> None:
    """DREAMER, emotion from films: one FIF a person, its markers by the person's own ratings.

    Takes about 3 GB of memory. Nothing is overwritten.

    Example: bci import dreamer DREAMER.mat --out dreamer
    """
    from bci.recording.dreamer import read_dreamer

    for k, recording in enumerate(read_dreamer(file), 1):
        _write(recording, out_folder, f"sub-{k:02d}", "DREAMER")


@imports.command()
def deap(
    files: Annotated[list[Path], typer.Argument(help="s01.mat s02.mat ... (preprocessed)")],
    out_folder: _Out,
) -> None:
    """DEAP, emotion from music videos: one FIF a person, ratings from 1 to 9 as five levels.

    The MATLAB files (data_preprocessed_matlab); the others are pickles, which are refused.
    Nothing is overwritten.

    Example: bci import deap s01.mat s02.mat --out deap
    """
    from bci.recording.deap import read_deap

    for file in files:
        name = f"sub-{file.stem.lstrip('s') or file.stem}"
        _write(read_deap(file, name), out_folder, name, "DEAP")


def _write(recording, folder: Path, name: str, data_set: str) -> None:  # type: ignore[no-untyped-def]
    from bci.recording.writing_fif import write_fif

    path = folder / name / f"{name}_task-emotion_eeg.fif"
    if path.exists():
        raise RecordingError(f"{path} exists already; choose another --out")
    write_fif(recording, path, data_set)
    films = sum(marker.label.startswith("film-") for marker in recording.markers)
    err.print(f"{name}: {films} films, {len(recording.data) / recording.info.sfreq:.0f} s")
    out.print(str(path), soft_wrap=True)
