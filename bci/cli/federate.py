"""Commands that train across sites: federate simulate, server, join, experiment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from bci.cli import events
from bci.cli.console import err, note, out, print_file, warn
from bci.cli.events import JsonOption, emit
from bci.commands import exit_now
from bci.errors import ProfileError
from bci.messages import ModelEvent, RoundEvent, SitesEvent
from bci.plugins.installing import how_to_install_torch

if TYPE_CHECKING:
    from decoders.federation.agreement import Federation
    from decoders.federation.rounds import Round, RoundsProgress

federate = typer.Typer(no_args_is_help=True)

Config = Annotated[
    Path, typer.Argument(help="The federation's file (YAML), the same at all sites.")
]
State = Annotated[
    Path, typer.Option("--state", help="Folder for the rounds. If it has some, they resume.")
]
Kit = Annotated[Path, typer.Option("--kit", help="Start-up kit, as `nvflare package` writes it.")]


@federate.callback()
def _federate() -> None:
    """Learn across sites with unlike headsets; recordings never leave theirs.

    With --json, standard output has an event a line: note, round, at last sites or model; or error.
    """


@contextmanager
def _ready() -> Iterator[None]:
    """Raise `ProfileError` if a package is missing; end the process at once after Ctrl-C.

    Complete rounds are on the disk by then.
    """
    try:
        yield
    except KeyboardInterrupt:
        err.print("stopped; the same command resumes after the last whole round")
        exit_now(130)
    except ImportError as error:
        raise ProfileError(
            "federated training needs NVIDIA FLARE and PyTorch: "
            f"{how_to_install_torch('networks,federation')} ({error})"
        ) from error


@federate.command()
@_ready()
def simulate(
    config: Config,
    out_folder: Annotated[Path, typer.Option("--out", help="For the sites' models and rounds.")],
    as_json: JsonOption = False,
) -> None:
    """Run all sites on this machine, in turn, with the messages that a deployment sends.

    Run it again after Ctrl-C to resume. Each site ends as a model OUT/SITE.

    Example: bci federate simulate partners.yaml --out recordings/models/partners
    """
    from decoders.federation.agreement import load_federation
    from decoders.federation.participant import read_participant
    from decoders.federation.rounds import LocalWire, resume, run_rounds

    agreed, rounds = load_federation(config), out_folder / ".rounds"
    resume(rounds / "server", agreed)
    participants = {}
    for number, site in enumerate(agreed.sites):
        if site.profile is None or not site.data:
            raise ProfileError(
                f"{config}: sites.{number} ({site.name}) needs profile and data to be simulated"
            )
        participants[site.name] = read_participant(
            str(config), site.name, _found(site.profile, config.parent),
            [str(config.parent / file) for file in site.data], str(rounds / site.name),
            str(out_folder / site.name),
        )  # fmt: skip
    wire = LocalWire(participants)
    _print_end(agreed, run_rounds(wire, agreed, rounds / "server", _print_round), as_json)


@federate.command()
@_ready()
def server(
    config: Config,
    kit: Kit,
    leader: Annotated[Path, typer.Option(help="Start-up kit of the person who leads.")],
    state: State,
    as_json: JsonOption = False,
) -> None:
    """Run the server and lead the rounds. It sees changes of the shared layers only.

    Example: bci federate server partners.yaml --kit kits/hub.example.org --leader kits/me@hub.org
    --state recordings/partners
    """
    from decoders.federation.agreement import load_federation
    from decoders.federation.deployment import lead

    agreed = load_federation(config)
    note(f"waiting for {len(agreed.sites)} sites")
    progress = lead(
        kit, leader, config, agreed, state, lambda name: note(f"{name} joined"), _print_round
    )
    _print_end(agreed, progress, as_json)


@federate.command()
@_ready()
def join(
    config: Config,
    kit: Kit,
    profile: Annotated[str, typer.Option(help="Profile file, or the name of a shipped one.")],
    data: Annotated[
        list[Path], typer.Option(help="A recording; again for more. The last is held out.")
    ],
    out_folder: Annotated[Path, typer.Option("--out", help="Where to put the model.")],
    state: State,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the server.")] = 3600.0,
    as_json: JsonOption = False,
) -> None:
    """Take part with this site's recordings, which are read here and go nowhere.

    The kit's folder has the name of the site.

    Example: bci federate join partners.yaml --kit kits/lab-a --profile motor-imagery
    --data run1.fif --data run2.fif --state recordings/partners --out recordings/models/lab-a
    """
    from decoders.federation.agreement import load_federation
    from decoders.federation.deployment import take_part
    from decoders.federation.participant import read_participant
    from decoders.federation.policy import SITE, write_policy

    agreed, site = load_federation(config), kit.resolve().name
    names = [each.name for each in agreed.sites]
    if site not in names:
        raise ProfileError(f"sites: there is no {site!r}; there are {', '.join(names)}")
    settings: dict[str, Any] = {
        "agreement": str(config.resolve()), "site": site, "profile": _found(profile, Path()),
        "data": [str(file.resolve()) for file in data],
        "state": str((state / site).resolve()), "out": str(out_folder.resolve()),
    }  # fmt: skip
    # Read here as well, so that a mistake is reported by this command.
    read_participant(**settings)
    write_policy(kit, SITE, settings)
    note(f"{site}: joining")
    take_part(kit, agreed, state / site, timeout, _print_round)
    if as_json:
        emit(ModelEvent(folder=str(out_folder)))
    else:
        out.print(f"model written to {out_folder}")


@federate.command()
@_ready()
def experiment(
    folder: Annotated[Path, typer.Argument(help="PhysioNet EEGMMIDB: folders S001, S002 ...")],
    out_file: Annotated[
        Path, typer.Option("--out", help="Keep results here (JSON); finished ones are kept.")
    ],
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of everything.")] = 3,
    trunk: Annotated[str, typer.Option(help="The shared network.")] = "ifnet",
    condition: Annotated[
        list[str] | None, typer.Option(help="What to train; may be repeated. Default: all.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Subjects as sites with unlike headsets: each alone, federated, and pooled.

    Example: bci federate experiment eegmmidb --out recordings/federated.json
    """
    from bci.cli.benchmark.federation import CONDITIONS
    from bci.cli.benchmark.federation import experiment as run_experiment

    for each in condition or ():
        if each not in CONDITIONS:
            raise typer.BadParameter(f"{each!r} is none of: {'; '.join(CONDITIONS)}")
    run_experiment(folder, seeds, out_file, trunk, tuple(dict.fromkeys(condition or CONDITIONS)))
    if as_json:
        print_file(out_file, as_json)


def _found(profile: str, folder: Path) -> str:
    """Return the path of a profile in ``folder``, or else the name of a shipped profile."""
    file = (folder / profile).resolve()
    return str(file) if file.exists() else profile


def _print_round(done: "Round") -> None:
    if events.wanted():
        emit(RoundEvent(number=done.number, accuracies=done.accuracies, excluded=done.excluded))
        return
    scores = ", ".join(f"{name} {score:.2f}" for name, score in sorted(done.accuracies.items()))
    err.print(f"round {done.number}: {scores}")
    for name, why in done.excluded.items():
        err.print(f"round {done.number} without {name}: {why}", style="yellow")


def _print_end(agreed: "Federation", progress: "RoundsProgress", as_json: bool) -> None:
    if as_json:
        emit(SitesEvent(accuracies=progress.finished))
    else:
        table = Table("site", "accuracy on its held-out trials")
        for name, score in sorted(progress.finished.items()):
            table.add_row(name, f"{score:.2f}")
        out.print(table)
    for site in agreed.sites:
        if site.name not in progress.finished:
            warn(f"{site.name} has no model: {progress.banned.get(site.name, 'it was not there')}")
