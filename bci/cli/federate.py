"""Commands that train across sites: federate simulate, server, join, experiment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bci.cli import events
from bci.cli.console import err, note, out, print_file, warn
from bci.cli.events import JsonOption, emit
from bci.commands import exit_now
from bci.errors import ProfileError
from bci.files.writable import require_folder
from bci.messages import ModelEvent, RoundEvent, SitesEvent
from bci.plugins.installing import how_to_install_torch

if TYPE_CHECKING:
    from flwr.clientapp import ClientApp

    from decoders.federation.agreement import Federation
    from decoders.federation.progress import Round
    from decoders.federation.site import Contribution

federate = typer.Typer(no_args_is_help=True)

Config = Annotated[
    Path, typer.Argument(help="The federation's file (YAML), the same at all sites.")
]
State = Annotated[
    Path, typer.Option("--state", help="Where rounds are kept; gone on with if it exists.")
]
_NEEDS = (
    f"federated training needs Flower and PyTorch: {how_to_install_torch('networks,federation')}"
)


@federate.callback()
def _federate() -> None:
    """Learn across sites with unlike headsets; recordings never leave theirs.

    With --json, standard output has an event a line: note, round, at last sites or model; or error.
    """


@contextmanager
def _ends_at_once() -> Iterator[None]:
    """After Ctrl-C; taking down PyTorch in order lasts seconds on a busy machine.

    What has to last is on disk by then: whole rounds, each written and then renamed.
    """
    try:
        yield
    except KeyboardInterrupt:
        err.print("stopped; the same command goes on after the last whole round")
        exit_now(130)


@federate.command()
@_ends_at_once()
def simulate(
    config: Config,
    out_folder: Annotated[Path, typer.Option("--out", help="For the sites' models and rounds.")],
    as_json: JsonOption = False,
) -> None:
    """Run all sites on this machine, with the messages that a deployment sends.

    Ctrl-C and start again to go on after the last round. Each site ends as a model OUT/SITE.

    Example: bci federate simulate partners.yaml --out recordings/models/partners
    """
    _need_flower()
    from bci.models.bundle import check_place
    from decoders.federation.local import LocalGrid
    from decoders.federation.progress import is_begun
    from decoders.federation.rounds import common_space, run_rounds

    agreed, folder = _load(config)
    common_space(agreed)
    rounds = out_folder / ".rounds" / "server"
    models = {partner.name: out_folder / partner.name for partner in agreed.sites}
    # A stop while the models were written leaves some of them.
    unfinished = is_begun(rounds) and not all(model.exists() for model in models.values())
    apps, names = {}, {}
    for number, partner in enumerate(agreed.sites, start=1):
        if partner.profile is None or not partner.data:
            raise ProfileError(
                f"{config}: sites.{number - 1} ({partner.name}) needs profile and data to be "
                "simulated"
            )
        if not unfinished:
            check_place(models[partner.name])
        state = out_folder / ".rounds" / partner.name
        profile = folder / partner.profile
        apps[number], _ = _site(
            agreed, partner.name, profile if profile.exists() else partner.profile,
            [folder / file for file in partner.data], [folder / file for file in partner.test],
            state, models[partner.name], quiet=True, overwrite=unfinished,
        )  # fmt: skip
        names[number] = partner.name
    scores = run_rounds(LocalGrid(apps), agreed, names, rounds, _print_round, _note_join)
    _print_scores(scores, as_json)
    without = [name for name, model in models.items() if not model.exists()]
    _warn_missing(without, rounds, "its own output above says why")


@federate.command()
@_ends_at_once()
def server(config: Config, state: State, as_json: JsonOption = False) -> None:
    """Wait for the sites and lead the rounds. Sees changes of the shared layers, nothing else.

    Example: bci federate server partners.yaml --state recordings/partners
    """
    _need_flower()
    from decoders.federation.rounds import common_space, run_rounds
    from decoders.federation.superlink import SuperLink, read_public_key

    agreed, folder = _load(config)
    common_space(agreed)
    require_folder(state, "--state")
    keys = {}
    for number, partner in enumerate(agreed.sites):
        where = f"{config}: sites.{number}.public_key"
        if partner.public_key is None:
            raise ProfileError(f"{where} is missing; ssh-keygen -t ecdsa -b 384 makes a key")
        keys[partner.name] = read_public_key(folder / partner.public_key, where)
    if len(set(keys.values())) < len(keys):
        raise ProfileError(f"{config}: sites: two have the same public_key")
    link = SuperLink(agreed.server, keys, folder)
    with link as grid:
        note(f"waiting for {len(keys)} sites on {agreed.server.address}")
        scores = run_rounds(grid, agreed, link.names, state, _print_round, _note_join)
        _print_scores(scores, as_json)
    _warn_missing(
        sorted(keys.keys() - scores.keys()), state,
        "if it was only away, start the server again with the same --state and let it join",
    )  # fmt: skip


@federate.command()
@_ends_at_once()
def join(
    config: Config,
    site: Annotated[str, typer.Option(help="Which of the file's sites this is.")],
    profile: Annotated[str, typer.Option(help="Profile file, or the name of a shipped one.")],
    data: Annotated[list[Path], typer.Option(help="A recording; again for more.")],
    key: Annotated[Path, typer.Option(help="This site's private key, as ssh-keygen makes it.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Where to put the model.")],
    state: State,
    address: Annotated[
        str | None, typer.Option("--server", help="host:port; default: as the file says.")
    ] = None,
    authority: Annotated[
        Path | None, typer.Option("--ca", help="Who signed the server's certificate (PEM).")
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option(help="A recording to score on; default: the last.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the server.")] = 3600.0,
    as_json: JsonOption = False,
) -> None:
    """Take part with this site's recordings, which are read here and go nowhere.

    Example: bci federate join partners.yaml --site lab-a --profile motor-imagery
    --data run1.fif --data run2.fif --key lab-a --server hub.example.org:9092 --ca ca.pem
    --state recordings/partners --out recordings/models/partners-lab-a
    """
    _need_flower()
    from bci.models.bundle import check_place
    from decoders.federation.agreement import is_this_machine
    from decoders.federation.supernode import read_private_key, require_authority, serve_site

    agreed, _ = _load(config)
    agreed.site(site)
    check_place(out_folder)
    require_folder(state / site, "--state")
    if authority is not None:
        require_authority(authority)
    where = address or agreed.server.address
    if not is_this_machine(where) and authority is None:
        raise ProfileError(f"--ca is missing: {where} is another machine")
    keys = read_private_key(key)
    app, part = _site(agreed, site, profile, data, test or [], state / site, out_folder)
    note(f"{site}: joining {where}")
    serve_site(app, where, keys, authority, lambda: part.is_over, timeout)
    if part.refused is not None:
        raise ProfileError(
            f"{site} is left out from here on: {part.refused}; mend that, have its line under "
            "banned deleted in rounds.json at the stopped server, and join again"
        )
    if as_json:
        emit(ModelEvent(folder=str(out_folder)))
    else:
        out.print(f"model written to {out_folder}")


@federate.command()
@_ends_at_once()
def experiment(
    folder: Annotated[Path, typer.Argument(help="PhysioNet EEGMMIDB: folders S001, S002 ...")],
    out_file: Annotated[
        Path, typer.Option("--out", help="Keep results here (JSON); what is there is not redone.")
    ],
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of everything.")] = 3,
    trunk: Annotated[str, typer.Option(help="The shared network.")] = "ifnet",
    condition: Annotated[
        list[str] | None, typer.Option(help="What to train; may be repeated. Default: all four.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Subjects as sites with unlike headsets: each alone, federated, and pooled.

    Example: bci federate experiment eegmmidb --out recordings/federated.json
    """
    _need_flower()
    from bci.cli.benchmark.federation import CONDITIONS
    from bci.cli.benchmark.federation import experiment as run_experiment

    for each in condition or ():
        if each not in CONDITIONS:
            raise typer.BadParameter(f"{each!r} is none of: {'; '.join(CONDITIONS)}")
    run_experiment(folder, seeds, out_file, trunk, tuple(dict.fromkeys(condition or CONDITIONS)))
    if as_json:
        print_file(out_file, as_json)


def _need_flower() -> None:
    from decoders.federation import quiet_flower

    quiet_flower()
    try:
        import decoders.federation.rounds
        import decoders.neural.fleeg_decoder  # noqa: F401
    except ImportError as error:
        raise ProfileError(f"{_NEEDS} ({error})") from error


def _load(config: Path) -> "tuple[Federation, Path]":
    """The agreement, and the folder that its paths are relative to."""
    from decoders.federation.agreement import load_federation

    return load_federation(config), config.parent


@dataclass
class _Part:
    """A site's part in a federation: until its model is written, or it refuses."""

    written: bool = False
    refused: str | None = None

    @property
    def is_over(self) -> bool:
        return self.written or self.refused is not None


def _site(
    agreed: "Federation", name: str, profile: Path | str, data: list[Path], test: list[Path],
    state: Path, model: Path, quiet: bool = False, overwrite: bool = False,
) -> "tuple[ClientApp, _Part]":  # fmt: skip
    """A site's client app, and how far its part is."""
    from bci.models.bundle import save_bundle
    from bci.models.card import FederationCard
    from bci.profiles.profile import load_profile
    from bci.recording.formats import without_parts
    from bci.recording.read import read_recording
    from decoders.federation.client_app import client_app
    from decoders.federation.site_data import card_of, cut_material, make_site

    wanted = load_profile(profile)
    material = cut_material(
        wanted,
        [read_recording(file, profile=wanted) for file in without_parts(data)],
        [read_recording(file, profile=wanted) for file in without_parts(test)],
    )
    site = make_site(name, material, agreed, state)
    spent = _budget(agreed)
    delta = agreed.privacy.delta if agreed.privacy else None
    part = _Part()

    def on_round(number: int, made: "Contribution") -> None:
        if quiet:
            return
        if events.wanted():
            received, trained = {name: made.received}, {name: made.trained}
            emit(RoundEvent(number=number, received=received, trained=trained))
            return
        err.print(
            f"round {number}: accuracy on held-out trials {made.received:.2f} as it came, "
            f"{made.trained:.2f} after training here"
        )

    def on_end(n_rounds: int, n_partners: int, accuracy: float) -> None:
        budget = spent(site.n_sent)
        federation = FederationCard(
            name=agreed.name, rounds=n_rounds, partners=n_partners,
            accuracies=tuple(round(score, 4) for _, score in sorted(site.accuracies.items())),
            accuracy=round(accuracy, 4), epsilon=budget, delta=delta,
        )  # fmt: skip
        card = card_of(model.name, material, agreed, site, federation)
        save_bundle(model, card, site.decoder.arrays(), overwrite)
        part.written = True
        if budget is not None:
            note(
                f"{name}: {site.n_sent} changes sent; epsilon {budget:.3g} at delta "
                f"{delta:g}, of a whole site's recordings"
            )

    def on_refusal(why: str) -> None:
        part.refused = why

    app = client_app(
        site, agreed.digest(), agreed.training.finish_epochs, on_round, on_end, on_refusal
    )
    return app, part


def _budget(agreed: "Federation") -> Callable[[int], float | None]:
    privacy = agreed.privacy
    if privacy is None:
        return lambda _n_sent: None
    try:
        from decoders.federation.privacy import epsilon
    except ImportError as error:
        raise ProfileError(f"privacy: {_NEEDS} ({error})") from error
    return lambda n_sent: epsilon(n_sent, privacy.noise_multiplier, privacy.delta)


def _note_join(name: str) -> None:
    note(f"{name} joined")


def _print_round(done: "Round") -> None:
    if events.wanted():
        event = RoundEvent(
            number=done.number, received=done.received, trained=done.trained,
            excluded=done.excluded,
        )  # fmt: skip
        emit(event)
        return
    scores = ", ".join(f"{name} {score:.2f}" for name, score in sorted(done.received.items()))
    err.print(f"round {done.number}: {scores}")
    for name, why in done.excluded.items():
        # Reasons quote what the site sent.
        err.print(f"round {done.number} without {name}: {why}", style="yellow")


def _print_scores(scores: dict[str, float], as_json: bool) -> None:
    if as_json:
        emit(SitesEvent(accuracies=scores))
        return
    table = Table("site", "accuracy on its held-out trials")
    for name, score in sorted(scores.items()):
        table.add_row(name, f"{score:.2f}")
    out.print(table)


def _warn_missing(names: list[str], folder: Path, hint: str) -> None:
    for name in names:
        warn(f"{name} has no model: see {folder / 'rounds.json'}; {hint}")
