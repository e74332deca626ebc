"""Commands that train and judge models: calibrate, evaluate, models, benchmark."""

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bci.cli.console import err, out
from bci.cli.montage import MapMontage, mapped_to_model, mapped_to_profile
from bci.errors import BciError, BundleError, ProfileError
from bci.profile import Adapt

MODELS = Path("recordings/models")
_MOST_NAMED = 8

Recordings = Annotated[
    list[Path], typer.Argument(help="Recordings: EDF, FIF, BrainVision, XDF ...")
]


def add_commands(app: typer.Typer) -> None:
    app.command()(calibrate)
    app.command()(pretrain)
    app.command()(evaluate)
    app.command()(models)
    app.add_typer(benchmarks, name="benchmark", help="Score decoders on public or simulated data.")


def calibrate(
    profile: Annotated[str, typer.Argument(help="Profile file, or the name of a shipped one.")],
    recordings: Recordings,
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the model (a new folder).")
    ],
    decoder: Annotated[
        str | None,
        typer.Option(help="Instead of the profile's: tangent-space, csp-lda, dbconformer ..."),
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Embeddings of the images shown, by bci embed-images.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="Model to go on from, made by bci pretrain.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name.")] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Also tell the accuracy with fewer trials.")
    ] = False,
    map_montage: MapMontage = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each step as a line of JSON, for programs.")
    ] = False,
) -> None:
    """Train a decoder on one person's labelled recordings and say how good it is.

    Cross-validated by run, with the very pipeline that will serve.

    Example: bci calibrate motor-imagery run1.fif run2.fif --out recordings/models/me

    With --json, events follow one another on standard output: progress, step (of a network's
    training), point (of the learning curve), at last model.
    """
    from bci.profile import DecoderChoice, load_profile

    wanted = load_profile(profile)
    if decoder is not None:
        wanted = wanted.model_copy(update={"decoder": DecoderChoice(name=decoder)})
    if gallery is not None:
        wanted = with_gallery(wanted, gallery)
    if out_folder.exists() and not force:
        raise BundleError(f"{out_folder} exists already; choose another --out, or give --force")
    card = train(wanted, recordings, out_folder, force, base, map_montage, as_json)
    if not as_json:
        _print_score(card)
        out.print(f"model written to {out_folder}; group delay {1000 * card.group_delay_s:.0f} ms")
    if curve:
        points = _learn_curve(wanted, recordings, base, map_montage, as_json)
        if not as_json:
            _print_curve(points)
    if as_json:
        from bci.cli.training_progress import JsonLines

        JsonLines().model(str(out_folder))


def with_gallery(wanted, gallery: Path, candidates: Path | None = None):  # type: ignore[no-untyped-def]
    """A profile whose decoder looks images up in a gallery, and chooses among another's live."""
    choice = wanted.decoder
    params = {**choice.params, "gallery": str(gallery)}
    if candidates is not None:
        params["candidates"] = str(candidates)
    return wanted.model_copy(update={"decoder": choice.model_copy(update={"params": params})})


def _learn_curve(  # type: ignore[no-untyped-def]
    wanted, recordings: list[Path], base: Path | None, map_montage: bool, as_json: bool
):
    import decoders
    from bci.bundle import load_bundle
    from bci.cli.training_progress import telling
    from bci.learning_curve import recordings_curve

    choice = wanted.decoder
    base_card, start = load_bundle(base) if base is not None else (None, None)
    with telling(as_json) as teller:
        return recordings_curve(
            [_read(file, wanted, base_card, map_montage) for file in recordings],
            wanted,
            lambda: decoders.create(choice.name, choice.params, start),
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


def _print_score(card) -> None:  # type: ignore[no-untyped-def]
    score = card.score
    out.print(
        f"accuracy [bold]{score.accuracy:.2f}[/bold] by trial "
        f"(95 % interval {score.low:.2f}-{score.high:.2f}, n = {score.trials}, "
        f"chance {score.chance:.2f}, p = {score.p_value:.2g}); {score.folds}"
    )
    for measure in score.measures:
        out.print(f"{measure.name} {_measure(measure, score.trials)}")
    if score.candidates is not None:
        out.print(f"found {score.candidates}; compared by {card.embedded_by}")
    print_confusion(card.classes, score.confusion)
    if card.confidence is not None:
        sure = card.confidence
        out.print(
            f"confidence: temperature {sure.temperature:.2f}, expected calibration error "
            f"{sure.error:.2f} (before {sure.error_before:.2f})"
        )
        if sure.threshold is None:
            out.print("no threshold for decisions: there is no rest, or none keeps it quiet")
        else:
            out.print(
                f"decisions from confidence {sure.threshold:.2f} on: "
                f"{sure.false_positives_per_min:.1f} false positives a minute at rest"
                f"{f', with {sure.evidence_s:g} s of evidence' if sure.evidence_s else ''}"
            )
    if score.p_value > 0.05:
        out.print("[yellow]not distinguishable from chance: do not rely on this model[/yellow]")


def _measure(measure, n: int) -> str:  # type: ignore[no-untyped-def]
    return f"{measure.value:.3g} (n = {n}, chance {measure.chance:.3g}, p = {measure.p_value:.2g})"


def pretrain(
    profile: Annotated[str, typer.Argument(help="Profile file, or the name of a shipped one.")],
    folder: Annotated[Path, typer.Argument(help="A folder of recordings for each person.")],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the base model (a new folder).")
    ],
    decoder: Annotated[str | None, typer.Option(help="Instead of the profile's.")] = None,
    runs: Annotated[str, typer.Option(help="Which files of each person, as a pattern.")] = "**/*",
    without: Annotated[
        list[str] | None, typer.Option(help="A person to leave out; again for more.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Trainings for the score, at most.")] = 5,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name.")] = False,
    map_montage: MapMontage = False,
) -> None:
    """Train a base model on many people, for 'bci calibrate --base' to go on from.

    Scored on people held out, aligned by their own unlabelled windows. Ctrl-C stops it; for a
    network the same command goes on where it was.

    Example: bci pretrain motor-imagery-eegmmidb eegmmidb --runs '*R0[48].edf' --without S007
    --decoder dbconformer --out recordings/models/base
    """
    import decoders
    from bci.bundle import save_bundle
    from bci.errors import RecordingError
    from bci.pretraining import pretrain as run_pretraining
    from bci.profile import DecoderChoice, load_profile

    wanted = load_profile(profile)
    if decoder is not None:
        wanted = wanted.model_copy(update={"decoder": DecoderChoice(name=decoder)})
    if out_folder.exists() and not force:
        raise BundleError(f"{out_folder} exists already; choose another --out, or give --force")
    if not folder.is_dir():
        raise RecordingError(f"{folder}: no such folder")
    choice = wanted.decoder
    decoders.create(choice.name, choice.params)
    files = {
        person.name: [file for file in sorted(person.glob(runs)) if file.is_file()]
        for person in sorted(folder.iterdir())
        if person.is_dir() and person.name not in (without or ())
    }
    unfinished = out_folder.with_name(f"{out_folder.name}.unfinished")
    if unfinished.exists():
        err.print(f"going on from {unfinished}")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        _said_when_stopped(unfinished),
        Progress(*columns, console=err, transient=True) as progress,
    ):
        bar = progress.add_task("Reading recordings", total=sum(map(len, files.values())))
        people = {}
        for person, own in files.items():
            if own:
                people[person] = [_read(file, wanted, None, map_montage) for file in own]
            progress.advance(bar, len(own))

        def show(doing: str, done: int, of: int) -> None:
            progress.update(bar, description=doing, completed=done, total=of)

        made = run_pretraining(
            people,
            wanted,
            lambda: decoders.create(choice.name, choice.params),
            out_folder.name,
            show,
            folds,
            unfinished,
        )
    arrays = made.decoder.arrays()
    save_bundle(out_folder, made.card, arrays, overwrite=force)
    shutil.rmtree(unfinished, ignore_errors=True)
    _print_score(made.card)
    _print_serving(arrays)
    out.print(f"base model of {len(people)} people written to {out_folder}")


@contextmanager
def _said_when_stopped(unfinished: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if unfinished.exists():
            err.print(f"stopped; the same command goes on from {unfinished}")
        # All is on the disk, and on a busy machine it takes seconds to take PyTorch down.
        os._exit(130)


def train(  # type: ignore[no-untyped-def]
    wanted,
    recordings: list[Path],
    out_folder: Path,
    force: bool,
    base: Path | None = None,
    map_montage: bool = False,
    as_json: bool = False,
):
    """Read, calibrate and store, with a progress bar; return the model's card."""
    import decoders
    from bci.bundle import load_bundle, save_bundle
    from bci.calibration import calibrate as run_calibration
    from bci.cli.training_progress import telling
    from decoders.patterns import class_patterns

    choice = wanted.decoder
    base_card, start = load_bundle(base) if base is not None else (None, None)
    decoders.create(choice.name, choice.params)  # a wrong name is told before any work is done
    with telling(as_json) as teller:
        read = []
        for number, file in enumerate(recordings):
            teller.progress("Reading recordings", number, len(recordings))
            read.append(_read(file, wanted, base_card, map_montage))
        calibration = run_calibration(
            read,
            wanted,
            lambda: decoders.create(choice.name, choice.params, start),
            out_folder.name,
            teller.progress,
            base_card,
            class_patterns,
            teller.step,
        )
    arrays = calibration.decoder.arrays() | calibration.patterns
    save_bundle(out_folder, calibration.card, arrays, overwrite=force)
    _print_serving(arrays)
    return calibration.card


def _read(file: Path, wanted, base_card, map_montage: bool):  # type: ignore[no-untyped-def]
    """A recording, if asked with the channels of the base model or those that the profile names."""
    from bci.recording.reading import read_recording

    recording = read_recording(file)
    if not map_montage:
        return recording
    if base_card is not None:
        return mapped_to_model(recording, base_card)
    return mapped_to_profile(recording, wanted)


def _print_serving(arrays) -> None:  # type: ignore[no-untyped-def]
    if "serving" in arrays:
        from decoders.serving import described

        out.print(described(arrays))


def print_confusion(classes: tuple[str, ...], counts: list[list[int]]) -> None:
    """A confusion matrix: rows are what was asked, columns what was decided."""
    if not counts:
        return
    table = Table("asked \\ decided", *classes)
    for name, row in zip(classes, counts, strict=True):
        table.add_row(name, *(str(n) for n in row))
    out.print(table)


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    recordings: Recordings,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least confidence of a decision. Default: the model's."),
    ] = None,
    adapt: Annotated[
        Adapt,
        typer.Option(
            help="Let the decoder's alignment follow each recording, or (supervised) let it learn "
            "from each cued trial that is over."
        ),
    ] = "off",
    evidence: Annotated[
        float | None,
        typer.Option(
            min=0, max=60, help="Seconds of windows a decision is taken from. Default: the model's."
        ),
    ] = None,
    sentences: Annotated[
        Path | None,
        typer.Option(help="Text, one sentence a line: also decide with the words' usual order."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    map_montage: MapMontage = False,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Also write every prediction here: a table, FILE.csv; replaced."),
    ] = None,
) -> None:
    """Replay recordings through a model as if live, at full speed, and score it.

    Example: bci evaluate recordings/models/me run3.fif --json --predictions run3.csv
    """
    from bci.bundle import decision_threshold, evidence_span
    from bci.cli.models import load_model
    from bci.evaluation import evaluate as run_evaluation
    from bci.predictions_table import PredictionsTable
    from bci.profile import Output
    from bci.recording.reading import read_recording
    from bci.word_prior import read_sentences

    card, decoder = load_model(model)
    if sentences is not None and not card.pipeline.at_cues:
        raise ProfileError(f"--sentences: {card.name} decodes without cues; leave it out")
    if threshold is None:
        threshold = decision_threshold(Output(), card)
    span = evidence_span(Output(evidence_s=evidence), card)
    results = []
    with PredictionsTable(predictions, card.classes) if predictions else nullcontext() as table:
        for file in recordings:
            recording = read_recording(file)
            if map_montage:
                recording = mapped_to_model(recording, card)
            watch = table.of(str(file)) if table is not None else None
            prior = read_sentences(sentences, card.classes) if sentences is not None else None
            results.append(
                run_evaluation(card, decoder, recording, threshold, watch, span, adapt, prior)
            )
    if as_json:
        out.print_json(json.dumps([dataclasses.asdict(result) for result in results]))
        return
    for result in results:
        _print_evaluation(result)


def _print_evaluation(result) -> None:  # type: ignore[no-untyped-def]
    simulated = " [yellow](simulated signal)[/yellow]" if result.simulated else ""
    out.print(f"[bold]{result.recording}[/bold]{simulated} with {result.model}")
    rows = {
        "accuracy, end of cue": str(result.trial_accuracy),
        "Cohen's kappa": f"{result.kappa:.2f}",
        "accuracy by window": f"{result.window_accuracy:.2f} "
        f"({result.n_windows} overlapping windows of {result.trial_accuracy.n} trials, chance "
        f"{result.window_chance:.2f}, p = {result.window_p_value:.2g} by shuffled trials)",
        "information transfer": f"{result.itr_bits_per_min:.1f} bit/min (Wolpaw)",
        "decisions from": f"{result.evidence_s:g} s of evidence, which delays them by "
        f"{result.evidence_delay_s:.2f} s"
        if result.evidence_s
        else "each window alone",
        "adaptation": result.adaptation,
        f"first right decision at {result.threshold:g}": "never"
        if result.seconds_to_correct is None
        else f"{result.seconds_to_correct:.1f} s after the cue (median of "
        f"{result.trials_reached} trials that reached it)",
        "false positives at rest": "no rest in this recording"
        if result.false_positives_per_min is None
        else f"{result.false_positives_per_min:.1f} a minute, in {result.rest_min:.1f} min",
        "channels interpolated": ", ".join(result.interpolated) or "none",
        "windows rejected": str(result.windows_rejected),
        "trials without a window": str(result.trials_without_window),
    }
    if result.prior_accuracy is not None:
        rows["the same with the prior of words"] = str(result.prior_accuracy)
    rows |= {m.name: _measure(m, result.trial_accuracy.n) for m in result.measures}
    table = Table(show_header=False, box=None)
    for what, value in rows.items():
        table.add_row(what, value)
    out.print(table)
    print_confusion(result.classes, result.confusion)


def models(
    folder: Annotated[Path, typer.Argument(help="Where to look.")] = MODELS,
) -> None:
    """List the models below a folder, with their scores."""
    from bci.bundle import list_bundles

    if not folder.is_dir():
        raise BundleError(f"{folder} is not a folder; calibrate a model first, or name another")
    table = Table("Model", "Decoder", "Classes", "Accuracy (95 %)", "Chance", "Needs", "Trained")
    for path, card in list_bundles(folder):
        if isinstance(card, BciError):
            table.add_row(str(path), f"[red]{card}[/red]")
            continue
        score = card.score
        table.add_row(
            str(path) + (" (simulated)" if card.simulated else ""),
            card.decoder.name,
            _named(card.classes) or "(a base, without labels)",
            f"{score.accuracy:.2f} ({score.low:.2f}-{score.high:.2f}), n = {score.trials}",
            f"{score.chance:.2f}",
            f"{len(card.stream.channels)} ch, {card.stream.sfreq:g} Hz",
            f"{card.created:%Y-%m-%d %H:%M}",
        )
    out.print(table)


def _named(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:_MOST_NAMED])
    more = len(classes) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


benchmarks = typer.Typer(no_args_is_help=True)


@benchmarks.callback()
def _benchmarks() -> None:
    """Score decoders on public or simulated data."""


@benchmarks.command("motor-imagery")
def benchmark_motor_imagery(
    folder: Annotated[Path, typer.Argument(help="PhysioNet EEGMMIDB: folders S001, S002 ...")],
    decoder: Annotated[
        list[str] | None, typer.Option(help="Which decoders; may be repeated. Default: all.")
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(help="within, leave-one-out or transfer; may be repeated. Default: within."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each network.")] = 5,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="Keep results here (JSON); what is there is not done again."),
    ] = None,
) -> None:
    """Imagined left against right fist: calibrate on runs 04 + 08, test on run 12.

    Causal filters, decision at the end of the cue, as the live engine would decide. Within:
    each person alone. Leave-one-out: trained on the other people, aligned by this one's
    unlabelled runs. Transfer: the same, then trained on with this person's labels.
    """
    from bci.cli.benchmark import motor_imagery
    from bci.protocols import PROTOCOLS

    for name in protocol or ():
        if name not in PROTOCOLS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(PROTOCOLS)}")
    motor_imagery(folder, decoder, protocol, seeds, out_file)


@benchmarks.command("emotion")
def benchmark_emotion(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A folder a person, as bci import dreamer writes. Default: simulated people."
        ),
    ] = None,
    decoder: Annotated[
        list[str] | None,
        typer.Option(help="histn or differential-entropy; may be repeated. Default: both."),
    ] = None,
    people: Annotated[int, typer.Option(min=2, help="How many people are simulated.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings, each with its own shuffle.")] = 3,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="Keep results here (JSON); what is there is not done again."),
    ] = None,
) -> None:
    """Levels of valence and arousal: folds by film, by subject; labels shuffled; leaky beside.

    Leaky has windows of the same films in training and test, as some publications had: it shows
    what that gains, and is no result. Files kept with --out are of one set of people.

    Example: bci benchmark emotion --out emotion.json
    """
    import decoders
    from bci.cli.emotion_benchmark import emotion

    for name in decoder or ():
        if name not in decoders.OF_LEVELS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(decoders.OF_LEVELS)}")
    emotion(folder, decoder, people, seeds, out_file)


@benchmarks.command("images")
def benchmark_images(
    subjects: Annotated[int, typer.Option(min=1, help="How many people are simulated.")] = 3,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="Keep results here (JSON); what is there is not done again."),
    ] = None,
) -> None:
    """Seen images on simulated subjects: network against ridge; unseen images, and a later run.

    Two simulated worlds, one in which the response is linear in the image and one in which a weak
    response is also a late one. By time window too, and with labels shuffled.
    Takes ten minutes or so a person.

    Example: bci benchmark images --out images.json
    """
    from bci.cli.images_benchmark import images

    images(subjects, out_file)


@benchmarks.command("speech")
def benchmark_speech(
    subjects: Annotated[int, typer.Option(min=1, help="How many people are simulated.")] = 3,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="Keep results here (JSON); what is there is not done again."),
    ] = None,
) -> None:
    """Words on simulated subjects: Du-IN, pretrained or not, against linear decoders.

    Two simulated worlds, one in which each contact's activity tells words and one in which only
    how contacts go together does. With few and many trials, and with labels shuffled.
    Takes ten minutes or so a person.

    Example: bci benchmark speech --out speech.json
    """
    from bci.cli.speech_benchmark import speech

    speech(subjects, out_file)
