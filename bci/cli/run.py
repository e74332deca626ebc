"""Command ``bci run``: the headless engine."""

import queue
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bci.cli import options
from bci.cli.console import note
from bci.cli.events import JsonOption
from bci.cli.run_people import run_people
from bci.errors import ProfileError
from bci.lsl.cue_streams import cue_query
from bci.profiles.profile import Adapt

if TYPE_CHECKING:
    from bci.interfaces import Decoder
    from bci.lsl.discovery import StreamQuery
    from bci.models.card import Card
    from bci.profiles.profile import StreamSelector


def run(
    profile: Annotated[
        list[str],
        typer.Argument(help="Profile file, or the name of a shipped one; one a person."),
    ],
    model: Annotated[
        Path | None, typer.Option(help="Model folder; overrides the profile's.")
    ] = None,
    stream: Annotated[str | None, typer.Option(help="Name of the LSL stream to decode.")] = None,
    markers: Annotated[
        str | None,
        typer.Option(
            help="Name or type of the LSL stream of cues, for decoding or training at cues."
        ),
    ] = None,
    adapt: Annotated[
        Adapt | None,
        typer.Option(
            help="alignment: the decoder's alignment follows the signal. supervised: the decoder "
            "trains on each finished trial. Default: the profile's, else the model's."
        ),
    ] = None,
    wait: Annotated[
        float | None, typer.Option(min=0, help="Give up if no stream appears for this long, in s.")
    ] = None,
    name: options.EngineName = None,
    decisions: Annotated[
        bool | None,
        typer.Option(
            "--decisions/--no-decisions",
            help="Print each decision as it begins and ends. Default: in a terminal.",
        ),
    ] = None,
    map_montage: options.MapMontage = False,
    unit: options.GivenUnit = None,
    names: options.GivenNames = None,
    resample: options.Resample = False,
    trust: options.Trust = None,
    record: Annotated[
        Path | None,
        typer.Option(help="With several profiles: record all streams into this new XDF file."),
    ] = None,
    as_json: JsonOption = False,
    with_parent: options.WithParent = False,
) -> None:
    """Decode a live stream and publish the predictions (the headless engine).

    Publishes <name>-predictions (one channel a class, then latencies), <name>-decisions
    (text markers), <name>-status and <name>-provenance (for 'bci verify') over LSL. Ctrl-C
    stops it. Type 'use FOLDER' while it runs, or send it through a pipe, to continue with another
    model, without a gap in the predictions.

    Several profiles: an engine for each person, and one table of their clocks. Each profile names
    its model, its stream's source_id and its output.name. An engine that dies is started again.
    Type 'table', or 'NAME use FOLDER', while it runs. 'bci people' shows them side by side.

    With --json, standard output has an event a line: note, decided, at last stopped; or error. With
    several profiles it is person, which holds the engine's own event, or people.

    Example: bci run motor-imagery --model recordings/models/me

    On a headset that lacks some of the model's electrodes: the same with --map-montage

    On a stream that states no unit, no names or another rate: --unit uV, --names C3,Cz,C4,
    --resample

    Two people and one recording: bci run anna.yaml ben.yaml --record recordings/both.xdf
    """
    if len(profile) > 1:
        alone = {"--model": model, "--stream": stream, "--name": name}
        every = {
            "--markers": markers, "--adapt": adapt, "--wait": wait, "--unit": unit,
            "--names": names, "--map-montage": map_montage, "--resample": resample,
        }  # fmt: skip
        run_people(profile, alone, every, trust, decisions, record, as_json, with_parent)
        return
    if record is not None:
        raise ProfileError("--record is for several profiles; for one, run bci record beside it")
    given = profile[0]
    from bci.cli.run_summary import DecisionPrinter
    from bci.cli.stopping import stop_on_signals
    from bci.models.fit import with_options
    from bci.models.load import load_model
    from bci.profiles.profile import check_agreement, check_task, load_profile

    wanted = load_profile(given)
    folder = model or (Path(wanted.model) if wanted.model else None)
    if folder is None:
        raise ProfileError(f"{given} names no model; give --model FOLDER (see bci models)")
    settings = wanted.pipeline.of_stream | options.given_options(unit, names, resample)

    def load(folder: Path) -> "tuple[Card, Decoder]":
        card, decoder = load_model(folder, (*wanted.decoder.trusted, *(trust or ())))
        return with_options(card, settings), decoder

    card, decoder = load(folder)
    check_task(wanted, card.task, folder)
    check_agreement(wanted, card.pipeline, folder)
    # Filters take a second or more to load, so the options are checked before.
    from bci.engine.engine import Engine

    output = wanted.output.model_copy(
        update={"adapt": adapt or wanted.output.adapt, "name": name or wanted.output.name}
    )
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    stop = stop_on_signals(with_parent, lines)
    query = _query(wanted.stream, stream)
    cues = cue_query(wanted.markers, markers) if wanted.markers or markers else None
    # Markers that the user names have priority over the trigger channel, as in files.
    triggers = wanted.triggers or card.triggers if markers is None else None
    shown = sys.stdout.isatty() if decisions is None else decisions
    decided = DecisionPrinter(shown, as_json, stop.set)
    engine = Engine(
        card, decoder, query, output, note, cues, map_montage, load, decided, wanted.timing,
        triggers, wanted.stimulus,
    )  # fmt: skip
    try:
        engine.run(stop, wait, lines)
    finally:
        decided.print_summary(engine.last_status)


def _query(selector: "StreamSelector", name: str | None) -> "StreamQuery":
    from bci.lsl.discovery import StreamQuery

    if name is not None:
        return StreamQuery(name=name)
    return StreamQuery(**selector.model_dump())
