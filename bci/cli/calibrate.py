"""Command ``bci calibrate``: train a decoder on one person's recordings."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from threadpoolctl import threadpool_limits

from bci.cli import options
from bci.cli.console import out, warn
from bci.cli.decoder_help import DECODER_HELP
from bci.cli.events import JsonOption
from bci.cli.model_report import (
    emit_model,
    print_score,
    report_serving,
    report_spelling,
    warn_unscored,
)
from bci.cli.training_source import TrainingSource, describe_copy
from bci.errors import BundleError, ProfileError

if TYPE_CHECKING:
    from bci.models.card import Card
    from bci.profiles.profile import Profile
    from bci.signals import StreamInfo
    from bci.training.learning_curve import CurvePoint

# The other cores are left to an engine, which may be decoding at the same time.
MAX_THREADS = 1


def calibrate(
    profile: options.ProfileName,
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the model (a new folder).")
    ],
    recordings: options.RecordingsIfAny = None,
    decoder: Annotated[
        str | None,
        typer.Option(help=DECODER_HELP),
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Embeddings of the images shown, by bci embed-images.")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            help="Model of other people, made by bci pretrain; or the name of a shipped one."
        ),
    ] = None,
    rest: Annotated[
        list[Path] | None,
        typer.Option(
            help="A recording of rest, to choose the decision threshold on; may be repeated."
        ),
    ] = None,
    executed: Annotated[
        list[Path] | None,
        typer.Option(
            help="A run of the same movements, executed and not imagined: trained on, never "
            "scored; may be repeated."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name.")] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Also print the accuracy with fewer trials.")
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=1, help="Processes that learn the curve, each on one core.")
    ] = 1,
    map_montage: options.MapMontage = False,
    unit: options.GivenUnit = None,
    names: options.GivenNames = None,
    stream: options.SignalOption = None,
    markers: options.MarkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a decoder on one person's labelled recordings and print its held-out accuracy.

    Cross-validated by run, with the very pipeline that will serve. A decoder that needs no
    training (fbcca, cca) takes no recordings; its model is then not scored.

    Example: bci calibrate motor-imagery run1.fif run2.fif --out recordings/models/me

    With --json, standard output has an event a line: progress, note, run (its trials, before the
    training), step (of a network's training), point (of the learning curve), warning, at last
    model; or error. docs/reference/messages.md lists their fields.
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
    if not recordings:
        unused = {"--base": base, "--rest": rest, "--executed": executed, "--curve": curve}
        if given := [option for option, value in unused.items() if value]:
            raise ProfileError(f"no recordings for {' and '.join(given)}: give the person's runs")
        card = make_for_stream(source, out_folder, force)
        if as_json:
            emit_model(card, out_folder)
        else:
            print_score(card)
            out.print(f"model written to {out_folder}; no training was needed")
        return
    card = train(source, recordings, out_folder, force, as_json, rest or (), executed or ())
    if not as_json:
        print_score(card)
        out.print(f"model written to {out_folder}; group delay {1000 * card.group_delay_s:.0f} ms")
    if curve:
        points = _learn_curve(source, recordings, executed or (), as_json, jobs)
        if not as_json:
            _print_curve(points, wanted.without_decisions)
    if as_json:
        emit_model(card, out_folder)


def make_for_stream(source: TrainingSource, out_folder: Path, force: bool) -> "Card":
    """Make the model of a decoder without training for the live stream; return its card."""
    from bci.interfaces import TrainingFree
    from bci.lsl.discovery import StreamQuery, resolve
    from bci.lsl.inlet import SignalInlet

    if not isinstance(source.make_decoder(), TrainingFree):
        raise ProfileError(
            f"the decoder {source.profile.decoder.name} learns from recordings: give the person's "
            "runs"
        )
    query = StreamQuery(**source.profile.stream.model_dump())
    if source.stream is not None:
        query = StreamQuery(name=source.stream)
    inlet = SignalInlet(resolve(query))
    try:
        info = inlet.info
    finally:
        inlet.close()
    return store_without_training(source, info, out_folder, force)


def store_without_training(
    source: TrainingSource, info: "StreamInfo", out_folder: Path, force: bool
) -> "Card":
    """Write the model of a decoder without training for a stream; return its card."""
    from bci.models.bundle import check_place, save_bundle
    from bci.training.without_training import without_training

    check_place(out_folder, force)
    card, made = without_training(source.profile, source.make_decoder(), info, out_folder.name)
    save_bundle(out_folder, card, made.arrays(), overwrite=force)
    return card


def with_gallery(wanted: "Profile", gallery: Path, candidates: Path | None = None) -> "Profile":
    """Set the decoder's gallery of training images, and optionally its live candidates.

    ``candidates`` is a gallery of the images among which the decoder chooses live.
    """
    choice = wanted.decoder
    params = {**choice.params, "gallery": str(gallery)}
    if candidates is not None:
        params["candidates"] = str(candidates)
    return wanted.model_copy(update={"decoder": choice.model_copy(update={"params": params})})


def _learn_curve(
    source: TrainingSource,
    recordings: list[Path],
    executed: Sequence[Path],
    as_json: bool,
    jobs: int,
) -> "list[CurvePoint]":
    from bci.cli.training_progress import reporting
    from bci.jobs.workers import Workers
    from bci.training.learning_curve import recordings_curve
    from bci.training.run_counts import without_copies

    base = source.pooled_base()
    make = partial(source.make_decoder, with_base=base is None)
    with reporting(as_json) as reporter, threadpool_limits(limits=MAX_THREADS):
        kept, _ = without_copies([source.read(file) for file in recordings])
        moved = [source.read(file) for file in executed]
        return recordings_curve(
            kept, source.profile, make, reporter.progress, reporter.point, base, moved,
            Workers(jobs),
        )  # fmt: skip


def _print_curve(points: "list[CurvePoint]", balanced: bool) -> None:
    accuracy = "balanced accuracy" if balanced else "accuracy"
    learnt_from = ["trained on"] if any(point.with_base for point in points) else []
    table = Table("trials a class", *learnt_from, accuracy, "95 % interval", "n", "chance")
    most = points[-1].trials_per_class
    for point in points:
        n, score = point.trials_per_class, point.accuracy
        label = f"all (at least {n})" if n == most else str(n)
        others = "own and base" if n else "base"
        learnt = [others if point.with_base else "own"] if learnt_from else []
        interval = f"{score.low:.2f}-{score.high:.2f}"
        n_and_chance = str(score.n), f"{score.chance:.2f}"
        table.add_row(label, *learnt, f"{score.value:.2f}", interval, *n_and_chance)
    out.print(table)


def train(
    source: TrainingSource,
    recordings: list[Path],
    out_folder: Path,
    force: bool,
    as_json: bool = False,
    rest: Sequence[Path] = (),
    executed: Sequence[Path] = (),
) -> "Card":
    """Read recordings, calibrate and store the model, with a progress bar; return its card."""
    from bci.cli.training_progress import reporting
    from bci.models.bundle import check_place, save_bundle
    from bci.models.load import decoder_of
    from bci.pipeline.cleaning.learnt import has_trainable
    from bci.pipeline.pipeline import Pipeline
    from bci.spelling.from_settings import Speller
    from bci.training.calibrate import calibrate as run_calibration
    from bci.training.run_counts import without_copies
    from decoders.patterns import class_patterns

    check_place(out_folder, force)
    # A wrong name is reported before the training.
    source.make_decoder()
    with reporting(as_json) as reporter, threadpool_limits(limits=MAX_THREADS):
        read, files = [], (*recordings, *rest, *executed)
        for number, file in enumerate(files):
            reporter.progress("Reading recordings", number, len(files))
            read.append(source.read(file))
        of_rest = slice(len(recordings), len(recordings) + len(rest))
        kept, copies = without_copies(read[: len(recordings)])
        for copy in copies:
            reporter.note(describe_copy(*copy))
        settings = source.profile.pipeline
        # Filters that are trained can be built and can give remarks only after the training.
        is_trained_later = has_trainable(settings)
        if not is_trained_later:
            _warn_of(Pipeline(settings, kept[0].info).chain.remarks)
        calibration = run_calibration(
            kept,
            source.profile,
            source.make_decoder,
            out_folder.name,
            reporter.progress,
            source.base_card,
            class_patterns,
            reporter.step,
            reporter.runs,
            read[of_rest],
            partial(decoder_of, trusted=source.profile.decoder.trusted),
            read[of_rest.stop :],
        )
        if is_trained_later:
            _warn_of(Pipeline(calibration.card.pipeline, kept[0].info).chain.remarks)
    if calibration.spelled is not None:
        report_spelling(calibration.spelled, as_json)
    elif source.profile.speller is not None:
        warn_unscored(Speller(source.profile), kept)
    arrays = calibration.arrays()
    save_bundle(out_folder, calibration.card, arrays, overwrite=force)
    report_serving(arrays, as_json)
    return calibration.card


def _warn_of(remarks: Sequence[str]) -> None:
    for remark in remarks:
        warn(remark)
