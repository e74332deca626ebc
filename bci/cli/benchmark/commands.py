"""Commands that compare decoders on public or simulated data."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

import typer

from bci.cli.console import print_file
from bci.cli.events import JsonOption
from bci.cli.options import Address, Jobs, workers_of

OutFile = Annotated[
    Path | None,
    typer.Option("--out", help="Keep results here (JSON); what is there is not done again."),
]
Subjects = Annotated[int, typer.Option(min=1, help="How many people are simulated.")]
Device = Annotated[
    Literal["cpu", "cuda", "mps"],
    typer.Option(help="Where networks are trained; results differ in the last bits."),
]
Seeds = Annotated[int, typer.Option(min=1, help="Trainings of each network.")]


def _check(names: list[str] | None, known: Collection[str]) -> None:
    for name in names or ():
        if name not in known:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(known)}")


def _emit_file(file: Path | None, as_json: bool) -> None:
    if file is not None and as_json:
        print_file(file, as_json)


benchmarks = typer.Typer(no_args_is_help=True)


@benchmarks.callback()
def _benchmarks() -> None:
    """Score decoders on public or simulated data.

    With --json, standard output has an event a line instead of tables: progress, outcome (one a
    training), at last file; or error.
    """


@benchmarks.command("motor-imagery")
def benchmark_motor_imagery(
    folder: Annotated[Path, typer.Argument(help="PhysioNet EEGMMIDB: folders S001, S002 ...")],
    decoder: Annotated[
        list[str] | None,
        typer.Option(
            help="Which decoders; may be repeated. Default: the classical ones and, with PyTorch, "
            "eegnet, ifnet, dbconformer and mvcnet."
        ),
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            help="within, leave-one-out or transfer; may be repeated. Default: all, of one person "
            "alone within."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each network.")] = 5,
    out_file: OutFile = None,
    jobs: Jobs = 1,
    address: Address = "",
    device: Device = "cpu",
    as_json: JsonOption = False,
) -> None:
    """Imagined left against right fist: runs 04, 08 and 12 of EEGMMIDB, each left out in turn.

    Causal filters, decision at the end of the cue, as the live engine would decide with the
    profile motor-imagery-eegmmidb. Within: each person alone. Leave-one-out: trained on the other
    people, aligned by this one's unlabelled runs. Transfer: trained on both with labels.

    Networks take hours. With --out each person's result is kept as it is there.

    Example: bci benchmark motor-imagery eegmmidb --out motor-imagery.json
    """
    from bci.cli.benchmark.motor_imagery import motor_imagery
    from bci.evaluation.compare_people import PROTOCOLS
    from bci.plugins.decoder_offers import classical, networks

    _check(decoder, (*classical(), *networks()))
    _check(protocol, PROTOCOLS)
    motor_imagery(
        folder, decoder, protocol, seeds, out_file, workers_of(jobs, address, device), device
    )
    _emit_file(out_file, as_json)


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
        typer.Option(
            help="histn, histn-published or differential-entropy; may be repeated. Default: all."
        ),
    ] = None,
    people: Annotated[int, typer.Option(min=2, help="How many people are simulated.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings, each with its own shuffle.")] = 3,
    out_file: OutFile = None,
    jobs: Jobs = 1,
    address: Address = "",
    device: Device = "cpu",
    as_json: JsonOption = False,
) -> None:
    """Levels of valence and arousal: folds by film, by subject; labels shuffled; leaky beside.

    Simulated people live in two worlds, one in which levels show in the power of bands and one in
    which they show within a band. Leaky has windows of the same films in training and test, as
    some publications had: it shows what that gains, and is no result. Files kept with --out are
    of one set of people.

    Example: bci benchmark emotion --out emotion.json
    """
    from bci.cli.benchmark.emotion import STUDIED, emotion

    _check(decoder, STUDIED)
    emotion(folder, decoder, people, seeds, out_file, workers_of(jobs, address, device), device)
    _emit_file(out_file, as_json)


@benchmarks.command("images")
def benchmark_images(
    subjects: Subjects = 3,
    seeds: Seeds = 1,
    out_file: OutFile = None,
    jobs: Jobs = 1,
    address: Address = "",
    device: Device = "cpu",
    as_json: JsonOption = False,
) -> None:
    """Seen images on simulated subjects: network against ridge; unseen images, and a later run.

    Three simulated worlds: the response is linear in the image; a weak response is a late one too;
    the strength of rhythms differs, whose phase is random. By time window too, and with labels
    shuffled.
    Takes a quarter of an hour or so a person.

    Example: bci benchmark images --out images.json
    """
    from bci.cli.benchmark.images import images

    images(subjects, seeds, out_file, workers_of(jobs, address, device), device)
    _emit_file(out_file, as_json)


@benchmarks.command("speech")
def benchmark_speech(
    subjects: Subjects = 3,
    seeds: Seeds = 1,
    out_file: OutFile = None,
    jobs: Jobs = 1,
    address: Address = "",
    device: Device = "cpu",
    as_json: JsonOption = False,
) -> None:
    """Words on simulated subjects: Du-IN, pretrained or not, against linear decoders.

    Two simulated worlds: in one each contact's activity differs between words, in the other only
    how contacts go together does. With few and many trials, and with labels shuffled.

    Takes ten minutes or so a person.

    Example: bci benchmark speech --out speech.json
    """
    from bci.cli.benchmark.speech import speech

    speech(subjects, seeds, out_file, workers_of(jobs, address, device), device)
    _emit_file(out_file, as_json)


@benchmarks.command("ssvep")
def benchmark_ssvep(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of dataset-ssvep-exoskeleton: sub-01, sub-02 ... Default: simulated "
            "people."
        ),
    ] = None,
    decoder: Annotated[
        list[str] | None,
        typer.Option(help="cca, fbcca, trca or reconvolution-cca; may be repeated. Default: all."),
    ] = None,
    people: Annotated[int, typer.Option(min=1, help="How many people are simulated.")] = 5,
    out_file: OutFile = None,
    jobs: Jobs = 1,
    address: Address = "",
    as_json: JsonOption = False,
) -> None:
    """Targets that flicker: by window length and with dynamic stopping, each run held out.

    Simulated: 8 and 40 targets by frequency, and 8 by code. cca and fbcca learn nothing; trca and
    reconvolution-cca learn from the other runs. A selection counts half a second for the gaze.

    Example: bci benchmark ssvep --out ssvep.json
    """
    from bci.cli.benchmark.ssvep import STUDIED, ssvep

    _check(decoder, STUDIED)
    ssvep(folder, decoder, people, out_file, workers_of(jobs, address))
    _emit_file(out_file, as_json)


@benchmarks.command("p300")
def benchmark_p300(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Runs of one person, at least 3. Default: simulated people."),
    ] = None,
    decoder: Annotated[
        list[str] | None,
        typer.Option(
            help="erp-lda, xdawn-tangent or eegnet; may be repeated. Default: the first two."
        ),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Profile of the recorded runs: their markers and filters.")
    ] = "p300",
    subjects: Subjects = 5,
    out_file: OutFile = None,
    jobs: Jobs = 1,
    address: Address = "",
    as_json: JsonOption = False,
) -> None:
    """Flashes and the symbols that they spell: AUC, symbols right, characters a minute.

    Simulated people: models of one run, of two and of three spell three more; labels shuffled
    beside. A recorded person: each run by models of the others.

    Example: bci benchmark p300 --out p300.json
    """
    from bci.cli.benchmark.p300 import STUDIED, p300, recorded
    from bci.profiles.profile import load_profile

    _check(decoder, (*STUDIED, "eegnet"))
    if folder is None:
        p300(decoder, subjects, out_file, workers_of(jobs, address))
    else:
        recorded(folder, load_profile(profile), decoder)
    _emit_file(out_file, as_json)
