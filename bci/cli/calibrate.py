"""Commands that train models: calibrate, pretrain."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from threadpoolctl import threadpool_limits

import decoders
from bci.cli.console import err, out, warn
from bci.cli.decoder_help import BASE_DECODER_HELP, DECODER_HELP, DecoderCommand
from bci.cli.events import JsonOption, emit
from bci.cli.file_streams import MarkersOption, SignalOption
from bci.cli.montage import MapMontage
from bci.cli.scores import print_score
from bci.cli.stream_options import GivenNames, GivenUnit, given_options
from bci.cli.training_source import TrainingSource, each_once, told_copy
from bci.commands import exit_now
from bci.errors import BundleError
from bci.recording.formats import without_parts

if TYPE_CHECKING:
    from bci.models.card import Card

ProfileName = Annotated[
    str,
    typer.Argument(
        help="Profile: a YAML file (copy one of configs/), or the name of a shipped one, like "
        "motor-imagery."
    ),
]


def whole_recordings(files: list[Path]) -> list[Path]:
    """The recordings without those that are further parts of another; these are named."""
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

# The other cores are an engine's, which may be decoding meanwhile.
_THREADS = 1


def add_commands(app: typer.Typer) -> None:
    app.command(cls=DecoderCommand)(calibrate)
    app.command(cls=DecoderCommand)(pretrain)


def calibrate(
    profile: ProfileName,
    recordings: Recordings,
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
    map_montage: MapMontage = False,
    unit: GivenUnit = None,
    names: GivenNames = None,
    stream: SignalOption = None,
    markers: MarkersOption = None,
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
    options = given_options(unit, names)
    wanted = wanted.model_copy(update={"pipeline": wanted.pipeline.model_copy(update=options)})
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
        _emit_model(card, out_folder)


def _emit_model(card: "Card", folder: Path) -> None:
    from bci.messages import AccuracyFigure, ModelEvent, WarningEvent

    score = card.score
    if (warning := card.warning()) is not None:
        emit(WarningEvent(text=warning))
    figure = AccuracyFigure(
        value=score.accuracy, low=score.low, high=score.high, n=score.trials,
        chance=score.chance, p_value=score.p_value,
    )  # fmt: skip
    emit(ModelEvent(folder=str(folder), accuracy=figure))


def with_gallery(wanted, gallery: Path, candidates: Path | None = None):  # type: ignore[no-untyped-def]
    """A profile whose decoder looks images up in a gallery, and chooses among another's live."""
    choice = wanted.decoder
    params = {**choice.params, "gallery": str(gallery)}
    if candidates is not None:
        params["candidates"] = str(candidates)
    return wanted.model_copy(update={"decoder": choice.model_copy(update={"params": params})})


def _learn_curve(source: TrainingSource, recordings: list[Path], as_json: bool):  # type: ignore[no-untyped-def]
    from bci.cli.training_progress import telling
    from bci.training.learning_curve import recordings_curve
    from bci.training.run_counts import without_copies

    choice = source.profile.decoder
    with telling(as_json) as teller, threadpool_limits(limits=_THREADS):
        kept, _ = without_copies([source.read(file) for file in recordings])
        return recordings_curve(
            kept,
            source.profile,
            lambda: decoders.create(choice.name, choice.params, source.start, choice.trusted),
            teller.progress,
            teller.point,
        )


def _print_curve(points) -> None:  # type: ignore[no-untyped-def]
    table = Table("trials a class", "accuracy", "95 % interval", "n", "chance")
    for number, point in enumerate(points):
        n, score = point.trials_per_class, point.accuracy
        told = f"all (at least {n})" if number == len(points) - 1 else str(n)
        interval = f"{score.low:.2f}-{score.high:.2f}"
        table.add_row(told, f"{score.value:.2f}", interval, str(score.n), f"{score.chance:.2f}")
    out.print(table)


def pretrain(
    profile: ProfileName,
    folder: Annotated[Path, typer.Argument(help="A folder of recordings for each person.")],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the base model (a new folder).")
    ],
    decoder: Annotated[
        str | None,
        typer.Option(help=BASE_DECODER_HELP),
    ] = None,
    runs: Annotated[
        str | None,
        typer.Option(help="Which files of each person, as a pattern. Default: every recording."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A person to leave out; again for more.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Trainings for the score, at most.")] = 5,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name.")] = False,
    map_montage: MapMontage = False,
    stream: SignalOption = None,
    markers: MarkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a base model on many people, for 'bci calibrate --base' to go on from.

    Scored on people held out, aligned by their own unlabelled windows. Ctrl-C stops it; for a
    network the same command goes on where it was.

    With --json, standard output has an event a line: progress, note, run, warning, at last model;
    or error.

    Example: bci pretrain motor-imagery-eegmmidb eegmmidb --runs '*R0[48].edf' --without S007
    --decoder dbconformer --out recordings/models/base
    """
    from bci.cli.training_progress import telling
    from bci.models.bundle import check_place, save_bundle
    from bci.profiles.profile import load_profile
    from bci.training.people import files_of_people
    from bci.training.pretrain import pretrain as run_pretraining

    wanted = load_profile(profile)
    if decoder is not None:
        wanted = wanted.with_decoder(decoder)
    if out_folder.exists() and not force:
        raise BundleError(f"{out_folder} exists already; choose another --out, or give --force")
    check_place(out_folder, force)
    choice = wanted.decoder
    source = TrainingSource(wanted, None, map_montage, stream, markers)
    decoders.create(choice.name, choice.params)
    files = files_of_people(folder, runs, without or ())
    unfinished = out_folder.with_name(f"{out_folder.name}.unfinished")
    with (
        _said_when_stopped(unfinished),
        threadpool_limits(limits=_THREADS),
        telling(as_json) as teller,
    ):
        if unfinished.exists():
            teller.note(f"going on from {unfinished}")
        people, n_read = {}, 0
        for person, own in files.items():
            teller.progress("Reading recordings", n_read, sum(map(len, files.values())))
            n_read += len(own)
            if own:
                people[person] = [source.read(file) for file in own]
        people, copies = each_once(people)
        for copy in copies:
            teller.note(told_copy(*copy))
        made = run_pretraining(
            people,
            wanted,
            lambda: decoders.create(choice.name, choice.params),
            out_folder.name,
            teller.progress,
            folds,
            unfinished,
            teller.runs,
        )
    arrays = made.decoder.arrays()
    save_bundle(out_folder, made.card, arrays, overwrite=force)
    shutil.rmtree(unfinished, ignore_errors=True)
    _tell_serving(arrays, as_json)
    if as_json:
        _emit_model(made.card, out_folder)
        return
    print_score(made.card)
    out.print(f"base model of {len(people)} people written to {out_folder}")


@contextmanager
def _said_when_stopped(unfinished: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if unfinished.exists():
            err.print(f"stopped; the same command goes on from {unfinished}")
        # All is on the disk, and on a busy machine it takes seconds to take PyTorch down.
        exit_now(130)


def train(  # type: ignore[no-untyped-def]
    source: TrainingSource,
    recordings: list[Path],
    out_folder: Path,
    force: bool,
    as_json: bool = False,
    rest: Sequence[Path] = (),
):
    """Read, calibrate and store, with a progress bar; return the model's card."""
    from bci.cli.training_progress import telling
    from bci.models.bundle import check_place, save_bundle
    from bci.models.load import decoder_of
    from bci.pipeline.pipeline import Pipeline
    from bci.training.calibrate import calibrate as run_calibration
    from bci.training.run_counts import without_copies
    from decoders.patterns import class_patterns

    check_place(out_folder, force)
    choice = source.profile.decoder
    # A wrong name is told before any work is done.
    decoders.create(choice.name, choice.params, source.start, choice.trusted)
    with telling(as_json) as teller, threadpool_limits(limits=_THREADS):
        read = []
        for number, file in enumerate((*recordings, *rest)):
            teller.progress("Reading recordings", number, len(recordings) + len(rest))
            read.append(source.read(file))
        kept, copies = without_copies(read[: len(recordings)])
        for copy in copies:
            teller.note(told_copy(*copy))
        for remark in Pipeline(source.profile.pipeline, kept[0].info).chain.remarks:
            warn(remark)
        calibration = run_calibration(
            kept,
            source.profile,
            lambda: decoders.create(choice.name, choice.params, source.start, choice.trusted),
            out_folder.name,
            teller.progress,
            source.base_card,
            class_patterns,
            teller.step,
            teller.runs,
            read[len(recordings) :],
            partial(decoder_of, trusted=choice.trusted),
        )
    arrays = calibration.arrays()
    save_bundle(out_folder, calibration.card, arrays, overwrite=force)
    _tell_serving(arrays, as_json)
    return calibration.card


def _tell_serving(arrays, as_json: bool = False) -> None:  # type: ignore[no-untyped-def]
    if "serving" not in arrays:
        return
    from bci.messages import NoteEvent
    from decoders.neural.serving import described

    said = described(arrays)
    if as_json:
        emit(NoteEvent(text=said))
    else:
        out.print(said)
