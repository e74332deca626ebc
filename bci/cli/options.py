"""Options and arguments that several commands have."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bci.cli.console import warn
from bci.errors import ProfileError
from bci.profiles.pipeline_settings import Unit
from bci.recording.formats import without_parts

if TYPE_CHECKING:
    from bci.jobs.workers import Workers

ProfileName = Annotated[
    str,
    typer.Argument(help="Profile: a YAML file, or the name of a shipped one, like motor-imagery."),
]


def whole_recordings(files: list[Path] | None) -> list[Path]:
    """Leave out files that are further parts of another recording, with a warning."""
    files = files or []
    kept = without_parts(files)
    for path in files:
        if path not in kept:
            warn(f"{path}: a part of another of these recordings, with which it is read")
    return kept


Recordings = Annotated[
    list[Path],
    typer.Argument(
        help="The person's runs, with markers of the cues: EDF, FIF, XDF ...",
        callback=whole_recordings,
    ),
]


RecordingsIfAny = Annotated[
    list[Path] | None,
    typer.Argument(
        help="The person's runs, with markers of the cues: EDF, FIF, XDF ... None for a decoder "
        "that needs no training, as fbcca: the model is then made for the profile's live stream.",
        callback=whole_recordings,
    ),
]


def _named(name: str | None) -> str | None:
    if name is not None and not 0 < len(name) <= 100:
        raise typer.BadParameter("give 1 to 100 characters")
    return name


EngineName = Annotated[
    str | None,
    typer.Option(
        "--name", callback=_named,
        help="Name of the engine's streams, where two engines run. Default: the profile's "
        "output.name.",
    ),
]  # fmt: skip

WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True)]

SignalOption = Annotated[
    str | None,
    typer.Option(
        "--stream", help="Name or type of the signal, for files with several. Default: profile's."
    ),
]

MarkersOption = Annotated[
    str | None,
    typer.Option(
        "--markers",
        help="Name or type of the stream of cues, or of the trigger channel. Default: the stream "
        "with cues.",
    ),
]

RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate", min=1e-3, max=1e6,
        help="True rate of the signal in Hz, if an XDF file has a wrong one.",
    ),
]  # fmt: skip

_LONGEST_NAME = 200

GivenUnit = Annotated[
    Unit | None,
    typer.Option("--unit", help="Unit of the voltages, where the stream or file states none."),
]

GivenNames = Annotated[
    str | None,
    typer.Option("--names", help="Names of all channels, in order, with commas: Fz,C3,Cz,C4."),
]

Resample = Annotated[
    bool, typer.Option("--resample", help="Resample a stream or file of another rate.")
]


def given_options(
    unit: Unit | None = None, names: str | None = None, resample: bool = False
) -> dict[str, Any]:
    """Convert the given options to settings of a pipeline."""
    listed = tuple(name.strip() for name in names.split(",")) if names is not None else None
    for name in listed or ():
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise ProfileError(
                f"--names: {name!r:.60} is no name of 1 to {_LONGEST_NAME} letters; write them as "
                "Fz,C3,Cz,C4"
            )
    given = {"unit": unit, "names": listed, "resample": resample}
    return {key: value for key, value in given.items() if value}


MapMontage = Annotated[
    bool,
    typer.Option("--map-montage", help="Interpolate EEG channels that are missing, by splines."),
]

Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="TYPE",
        help="A type that the model's own estimator may be made of; may be repeated. Only for "
        "models whose origin you know.",
    ),
]


Jobs = Annotated[int, typer.Option(min=1, help="Processes that train at a time, each on one core.")]
Address = Annotated[
    str, typer.Option(help="Train on the Ray cluster at HOST:PORT; this machine is a node of it.")
]


def workers_of(jobs: int, address: str, device: str = "cpu") -> "Workers":
    """Make the workers for the options: processes of this computer or of a cluster."""
    from bci.jobs.workers import Workers

    if address and jobs > 1:
        raise typer.BadParameter("give --jobs for this machine or --address for a cluster")
    if device != "cpu" and not address and find_spec("torch") is not None:
        from decoders.neural.device import find_device

        # A missing device is reported before hours of work.
        find_device(device)
    return Workers(jobs, address, 1 if device == "cuda" else 0)
