"""Command ``bci pretrain``: train a base model on many people."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from threadpoolctl import threadpool_limits

import decoders
from bci.cli.calibrate import MAX_THREADS, with_gallery
from bci.cli.console import err, out
from bci.cli.decoder_help import BASE_DECODER_HELP
from bci.cli.events import JsonOption
from bci.cli.model_report import emit_model, print_score, report_serving
from bci.cli.options import (
    Address,
    Jobs,
    MapMontage,
    MarkersOption,
    ProfileName,
    SignalOption,
    workers_of,
)
from bci.cli.training_source import TrainingSource, describe_copy, each_once
from bci.commands import exit_now
from bci.errors import BundleError


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
    gallery: Annotated[
        Path | None, typer.Option(help="Embeddings of the images shown, by bci embed-images.")
    ] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option(
            help="Which files of each person, as a pattern; again for more. Default: every "
            "recording."
        ),
    ] = None,
    executed: Annotated[
        list[str] | None,
        typer.Option(
            help="Pattern of files with executed movements: trained on, never scored; again for "
            "more."
        ),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A person to leave out; again for more.")
    ] = None,
    jobs: Jobs = 1,
    address: Address = "",
    folds: Annotated[int, typer.Option(min=2, help="Trainings for the score, at most.")] = 5,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name.")] = False,
    map_montage: MapMontage = False,
    stream: SignalOption = None,
    markers: MarkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a base model on many people, for 'bci calibrate --base' to continue from.

    Scored on people held out, aligned by their own unlabelled windows. Ctrl-C stops it; for a
    network the same command continues where it was. With --jobs or --address folds are trained side
    by side; on a cluster that resumes from a disk that all nodes share.

    With --json, standard output has an event a line: progress, note, run, warning, at last model;
    or error.

    Example: bci pretrain motor-imagery-eegmmidb eegmmidb --runs '*R0[48].edf' --without S007
    --decoder dbconformer --out recordings/models/base
    """
    from bci.cli.training_progress import reporting
    from bci.models.bundle import check_place, save_bundle
    from bci.profiles.profile import load_profile
    from bci.training.others.people import executed_apart, files_of_people
    from bci.training.others.pretrain import base_arrays
    from bci.training.others.pretrain import pretrain as run_pretraining

    workers = workers_of(jobs, address)
    wanted = load_profile(profile)
    if decoder is not None:
        wanted = wanted.with_decoder(decoder)
    if gallery is not None:
        wanted = with_gallery(wanted, gallery)
    if out_folder.exists() and not force:
        raise BundleError(f"{out_folder} exists already; choose another --out, or give --force")
    check_place(out_folder, force)
    choice = wanted.decoder
    source = TrainingSource(wanted, None, map_montage, stream, markers)
    decoders.create(choice.name, choice.params)
    files = files_of_people(folder, runs or (), without or ())
    moved: dict[str, list[Path]] = {person: [] for person in files}
    if executed:
        moved = files_of_people(folder, executed, without or (), "--executed")
        files = executed_apart(files, moved)
    unfinished = out_folder.absolute().with_name(f"{out_folder.name}.unfinished")
    with (
        _resumable(unfinished),
        threadpool_limits(limits=MAX_THREADS),
        reporting(as_json) as reporter,
    ):
        if unfinished.exists():
            reporter.note(f"resuming from {unfinished}")
        read, of_moves, n_read = {}, set(), 0
        n_files = sum(len(files[person]) + len(moved[person]) for person in files)
        for person, own in files.items():
            reporter.progress("Reading recordings", n_read, n_files)
            n_read += len(own) + len(moved[person])
            if own:
                theirs = [source.read(file) for file in moved[person]]
                of_moves |= {id(recording) for recording in theirs}
                read[person] = [*(source.read(file) for file in own), *theirs]
        read, copies = each_once(read)
        for copy in copies:
            reporter.note(describe_copy(*copy))
        people, made_moves = {}, {}
        for person, every in read.items():
            if imagined := [each for each in every if id(each) not in of_moves]:
                people[person] = imagined
                made_moves[person] = [each for each in every if id(each) in of_moves]
        made = run_pretraining(
            people,
            wanted,
            lambda: decoders.create(choice.name, choice.params),
            out_folder.name,
            reporter.progress,
            folds,
            unfinished,
            reporter.runs,
            made_moves,
            workers,
        )
    arrays = base_arrays(made.decoder)
    save_bundle(out_folder, made.card, arrays, overwrite=force)
    shutil.rmtree(unfinished, ignore_errors=True)
    report_serving(arrays, as_json)
    if as_json:
        emit_model(made.card, out_folder)
        return
    print_score(made.card)
    out.print(f"base model of {len(people)} people written to {out_folder}")


@contextmanager
def _resumable(unfinished: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if unfinished.exists():
            err.print(f"stopped; the same command resumes from {unfinished}")
        # All results are on the disk; ending PyTorch regularly takes seconds on a busy computer.
        exit_now(130)
