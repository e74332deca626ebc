"""Commands that turn public data sets into recordings that every command reads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bci.cli.console import note, print_file
from bci.cli.events import JsonOption
from bci.errors import RecordingError
from bci.files.writable import appearing, require_folder

if TYPE_CHECKING:
    from bci.signals import Recording

imports = typer.Typer(no_args_is_help=True)

_Out = Annotated[
    Path, typer.Option("--out", help="Where to put a folder for each person; made if missing.")
]


@imports.callback()
def _imports() -> None:
    """Turn public data sets into recordings (FIF), embeddings of images into a gallery."""


@imports.command()
def dreamer(
    file: Annotated[Path, typer.Argument(help="DREAMER.mat")],
    out_folder: _Out,
    as_json: JsonOption = False,
) -> None:
    """DREAMER, emotion from films: one FIF a person, its markers by the person's own ratings.

    Takes about 3 GB of memory. Nothing is overwritten.

    Example: bci import dreamer DREAMER.mat --out dreamer
    """
    from bci.datasets.dreamer import read_dreamer

    require_folder(out_folder)
    for k, recording in enumerate(read_dreamer(file), 1):
        _write_films(recording, out_folder, f"sub-{k:02d}", "DREAMER", as_json)


@imports.command()
def deap(
    files: Annotated[list[Path], typer.Argument(help="s01.mat s02.mat ... (preprocessed)")],
    out_folder: _Out,
    as_json: JsonOption = False,
) -> None:
    """DEAP, emotion from music videos: one FIF a person, ratings from 1 to 9 as five levels.

    The MATLAB files (data_preprocessed_matlab); the others are pickles, which are refused.
    Nothing is overwritten.

    Example: bci import deap s01.mat s02.mat --out deap
    """
    from bci.datasets.deap import read_deap

    require_folder(out_folder)
    for file in files:
        name = f"sub-{file.stem.lstrip('s') or file.stem}"
        _write_films(read_deap(file, name), out_folder, name, "DEAP", as_json)


@imports.command()
def seed(
    files: Annotated[list[Path], typer.Argument(help="1_20131027.mat ... (Preprocessed_EEG)")],
    out_folder: _Out,
    as_json: JsonOption = False,
) -> None:
    """SEED, emotion from films: one FIF a session; films are negative, neutral or positive.

    label.mat has to lie beside the files. These are three classes, not levels of two axes: decode
    them with --decoder tangent-space, say. Nothing is overwritten.

    Example: bci import seed Preprocessed_EEG/1_*.mat --out seed
    """
    from bci.datasets.seed import read_seed, seed_person

    require_folder(out_folder)
    for file in files:
        session = f"_ses-{file.stem[-8:]}"
        _write_films(read_seed(file), out_folder, seed_person(file), "SEED", as_json, session)


def _write_films(
    recording: "Recording", folder: Path, name: str, data_set: str, as_json: bool, session: str = ""
) -> None:
    films = sum(marker.label.startswith("film-") for marker in recording.markers)
    path = folder / name / f"{name}{session}_task-emotion_eeg.fif"
    _write(recording, path, data_set, f"{name}: {films} films", as_json)


@imports.command()
def things_meg(
    file: Annotated[
        Path, typer.Argument(help="preprocessed_P1-epo.fif, or a raw run, ..._run-01_meg.ds")
    ],
    out_folder: _Out,
    attributes: Annotated[
        Path | None,
        typer.Option(help="For a raw run: sourcedata/sample_attributes_P1.csv, with the names."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """THINGS-MEG, seen images: one FIF a session, or a run; markers are the images' names.

    Preprocessed epochs become a file to learn from (task-images) and one of the test images
    (task-imagestest) for each session; decode them with the profile images-things. Nothing is
    overwritten.

    Example: bci import things-meg preprocessed_P1-epo.fif --out things
    """
    from bci.datasets.things_meg import read_epochs, read_run

    require_folder(out_folder)
    if attributes is not None:
        recording = read_run(file, attributes)
        _write_images(recording, out_folder / f"{file.stem.removesuffix('_meg')}_meg.fif", as_json)
        return
    if file.suffix == ".ds":
        raise RecordingError(f"{file}: a raw run needs --attributes, where the images' names are")
    person = file.name.removesuffix(".fif").removesuffix("-epo").removeprefix("preprocessed_")
    for session, is_test, recording in read_epochs(file):
        task = "imagestest" if is_test else "images"
        name = f"sub-{person}_ses-{session:02d}_task-{task}_meg.fif"
        _write_images(recording, out_folder / f"sub-{person}" / name, as_json)


def _write_images(recording: "Recording", path: Path, as_json: bool) -> None:
    _write(recording, path, "THINGS-MEG", f"{len(recording.markers)} images", as_json)


def _write(recording: "Recording", path: Path, data_set: str, content: str, as_json: bool) -> None:
    from bci.recording.write_fif import write_fif

    if path.exists():
        raise RecordingError(f"{path} exists already; choose another --out")
    with appearing(path) as new:
        write_fif(recording, new, data_set)
    note(f"{content}, {len(recording.data) / recording.info.sfreq:.0f} s")
    print_file(path, as_json)
