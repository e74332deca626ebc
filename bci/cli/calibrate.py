"""Command ``bci calibrate``: train a decoder on one person's recordings."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from threadpoolctl import threadpool_limits

import decoders
from bci.cli import options
from bci.cli.console import out, warn
from bci.cli.decoder_help import DECODER_HELP
from bci.cli.events import JsonOption
from bci.cli.model_report import emit_model, print_score, report_serving
from bci.cli.training_source import TrainingSource, describe_copy
from bci.errors import BundleError

if TYPE_CHECKING:
    from bci.models.card import Card
    from bci.profiles.profile import Profile
    from bci.training.learning_curve import CurvePoint

# The other cores are an engine's, which may be decoding meanwhile.
MAX_THREADS = 1


def calibrate(
    profile: options.ProfileName,
    recordings: options.Recordings,
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the model (a new folder).")
    ],
    decoder: Annotated[
        str | None,
        typer.Option(help=DECODER_HELP),
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Embeddings of the images shown, by bci embed-images.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="Model to go on from, made by bci pretrain.")
    ] = None,
    rest: Annotated[
        list[Path] | None,
        typer.Option(
            help="A recording of rest, to choose the decision threshold on; may be repeated."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name.")] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Also tell the accuracy with fewer trials.")
    ] = False,
    map_montage: options.MapMontage = False,
    unit: options.GivenUnit = None,
    names: options.GivenNames = None,
    stream: options.SignalOption = None,
    markers: options.MarkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a decoder on one person's labelled recordings and say how good it is.

    Cross-validated by run, with the very pipeline that will serve.

    Example: bci calibrate motor-imagery run1.fif run2.fif --out recordings/models/me

    With --json, standard output has an event a line: progress, note, run (its trials, before the
    training), step (of a network's training), point (of the learning curve), warning, at last
    model; or error. docs/messages.md lists their fields.
    """
    from bci.profiles.profile import load_profile

    wanted = load_profile(profile)
    if decoder is not None:
        wanted = wanted.with_decoder(decoder)
    settings = options.given_options(unit, names)
    wanted = wanted.model_copy(update={"pipeline": wanted.pipeline.model_copy(update=settings)})
    if gallery is not None:
        wanted = with_gallery(wanted, gallery)
    if out_folder.exists() and not force:
        raise BundleError(f"{out_folder} exists already; choose another --out, or give --force")
    source = TrainingSource(wanted, base, map_montage, stream, markers)
    card = train(source, recordings, out_folder, force, as_json, rest or ())
    if not as_json:
        print_score(card)
        out.print(f"model written to {out_folder}; group delay {1000 * card.group_delay_s:.0f} ms")
    if curve:
        points = _learn_curve(source, recordings, as_json)
        if not as_json:
            _print_curve(points)
    if as_json:
        emit_model(card, out_folder)


def with_gallery(wanted: "Profile", gallery: Path, candidates: Path | None = None) -> "Profile":
    """A profile whose decoder looks images up in a gallery, and chooses among another's live."""
    choice = wanted.decoder
    params = {**choice.params, "gallery": str(gallery)}
    if candidates is not None:
        params["candidates"] = str(candidates)
    return wanted.model_copy(update={"decoder": choice.model_copy(update={"params": params})})


def _learn_curve(
    source: TrainingSource, recordings: list[Path], as_json: bool
) -> "list[CurvePoint]":
    from bci.cli.training_progress import reporting
    from bci.training.learning_curve import recordings_curve
    from bci.training.run_counts import without_copies

    choice = source.profile.decoder
    with reporting(as_json) as reporter, threadpool_limits(limits=MAX_THREADS):
        kept, _ = without_copies([source.read(file) for file in recordings])
        return recordings_curve(
            kept,
            source.profile,
            lambda: decoders.create(choice.name, choice.params, source.start, choice.trusted),
            reporter.progress,
            reporter.point,
        )


def _print_curve(points: "list[CurvePoint]") -> None:
    table = Table("trials a class", "accuracy", "95 % interval", "n", "chance")
    for number, point in enumerate(points):
        n, score = point.trials_per_class, point.accuracy
        label = f"all (at least {n})" if number == len(points) - 1 else str(n)
        interval = f"{score.low:.2f}-{score.high:.2f}"
        table.add_row(label, f"{score.value:.2f}", interval, str(score.n), f"{score.chance:.2f}")
    out.print(table)


def train(
    source: TrainingSource,
    recordings: list[Path],
    out_folder: Path,
    force: bool,
    as_json: bool = False,
    rest: Sequence[Path] = (),
) -> "Card":
    """Read, calibrate and store, with a progress bar; return the model's card."""
    from bci.cli.training_progress import reporting
    from bci.models.bundle import check_place, save_bundle
    from bci.models.load import decoder_of
    from bci.pipeline.pipeline import Pipeline
    from bci.training.calibrate import calibrate as run_calibration
    from bci.training.run_counts import without_copies
    from decoders.patterns import class_patterns

    check_place(out_folder, force)
    choice = source.profile.decoder
    # A wrong name is refused before any work is done.
    decoders.create(choice.name, choice.params, source.start, choice.trusted)
    with reporting(as_json) as reporter, threadpool_limits(limits=MAX_THREADS):
        read = []
        for number, file in enumerate((*recordings, *rest)):
            reporter.progress("Reading recordings", number, len(recordings) + len(rest))
            read.append(source.read(file))
        kept, copies = without_copies(read[: len(recordings)])
        for copy in copies:
            reporter.note(describe_copy(*copy))
        for remark in Pipeline(source.profile.pipeline, kept[0].info).chain.remarks:
            warn(remark)
        calibration = run_calibration(
            kept,
            source.profile,
            lambda: decoders.create(choice.name, choice.params, source.start, choice.trusted),
            out_folder.name,
            reporter.progress,
            source.base_card,
            class_patterns,
            reporter.step,
            reporter.runs,
            read[len(recordings) :],
            partial(decoder_of, trusted=choice.trusted),
        )
    arrays = calibration.arrays()
    save_bundle(out_folder, calibration.card, arrays, overwrite=force)
    report_serving(arrays, as_json)
    return calibration.card
