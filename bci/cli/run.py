"""Commands that deal with live streams: run, replay, streams, gui, demo."""

import queue
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bci.cli.console import note, out
from bci.cli.events import JsonOption, JsonResult, print_result
from bci.cli.file_streams import MarkersOption, RateOption
from bci.cli.montage import MapMontage
from bci.cli.stream import announce_stream
from bci.cli.stream_options import GivenNames, GivenUnit, Resample, given_options
from bci.cli.trust import Trust
from bci.errors import ProfileError
from bci.lsl.cue_streams import cue_query, merged, to_replay
from bci.profiles.profile import Adapt
from bci.signals import Task


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
RECORDINGS = Path("recordings")


def add_commands(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(gui)
    app.command()(run)
    app.command()(replay)
    app.command()(streams)


def run(
    profile: Annotated[str, typer.Argument(help="Profile file, or the name of a shipped one.")],
    model: Annotated[
        Path | None, typer.Option(help="Model folder; overrides the profile's.")
    ] = None,
    stream: Annotated[str | None, typer.Option(help="Name of the LSL stream to decode.")] = None,
    markers: Annotated[
        str | None,
        typer.Option(
            help="Name or type of the LSL stream of cues, to decode at them or learn from them."
        ),
    ] = None,
    adapt: Annotated[
        Adapt | None,
        typer.Option(
            help="Let the decoder's alignment follow the signal, or (supervised) let it learn from "
            "each cued trial that is over. Default: the profile's."
        ),
    ] = None,
    wait: Annotated[
        float | None, typer.Option(min=0, help="Give up if no stream appears for this long, in s.")
    ] = None,
    name: EngineName = None,
    decisions: Annotated[
        bool | None,
        typer.Option(
            "--decisions/--no-decisions",
            help="Print each decision as it begins and ends. Default: in a terminal.",
        ),
    ] = None,
    map_montage: MapMontage = False,
    unit: GivenUnit = None,
    names: GivenNames = None,
    resample: Resample = False,
    trust: Trust = None,
    as_json: JsonOption = False,
    with_parent: WithParent = False,
) -> None:
    """Decode a live stream and publish the predictions (the headless engine).

    Publishes <name>-predictions (one channel a class, then latencies), <name>-decisions
    (text markers), <name>-status and <name>-provenance (for 'bci verify') over LSL. Ctrl-C
    stops it. Type 'use FOLDER' while it runs, or send it through a pipe, to go on with another
    model, without a gap in the predictions.

    With --json, standard output has an event a line: note, decided, at last stopped; or error.

    Example: bci run motor-imagery --model recordings/models/me

    On a headset that lacks some of the model's electrodes: the same with --map-montage

    On a stream that states no unit, no names or another rate: --unit uV, --names C3,Cz,C4,
    --resample
    """
    from bci.cli.run_summary import DecisionPrinter
    from bci.cli.stopping import stop_on_signals
    from bci.models.fit import with_options
    from bci.models.load import load_model
    from bci.profiles.profile import check_agreement, check_task, load_profile

    wanted = load_profile(profile)
    folder = model or (Path(wanted.model) if wanted.model else None)
    if folder is None:
        raise ProfileError(f"{profile} names no model; give --model FOLDER (see bci models)")
    options = wanted.pipeline.of_stream | given_options(unit, names, resample)

    def load(folder: Path):  # type: ignore[no-untyped-def]
        card, decoder = load_model(folder, (*wanted.decoder.trusted, *(trust or ())))
        return with_options(card, options), decoder

    card, decoder = load(folder)
    check_task(wanted, card.task, folder)
    check_agreement(wanted, card.pipeline, folder)
    # Filters take a second or more to load: a mistake above is told before.
    from bci.engine.engine import Engine

    output = wanted.output.model_copy(
        update={"adapt": adapt or wanted.output.adapt, "name": name or wanted.output.name}
    )
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    stop = stop_on_signals(with_parent, lines)
    query = _query(wanted.stream, stream)
    cues = cue_query(wanted.markers, markers) if wanted.markers or markers else None
    shown = sys.stdout.isatty() if decisions is None else decisions
    decided = DecisionPrinter(shown, as_json, stop.set)
    engine = Engine(
        card, decoder, query, output, note, cues, map_montage, load, decided, wanted.timing
    )
    try:
        engine.run(stop, wait, lines)
    finally:
        decided.print_summary(engine.last_status)


def replay(
    file: Annotated[
        Path, typer.Argument(help="Recording: EDF, BDF, GDF, FIF, BrainVision, XDF ...")
    ],
    speed: Annotated[
        str, typer.Option(help="Times real time, or 'max' for as fast as possible.")
    ] = "1",
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end.")] = False,
    start: Annotated[float, typer.Option(min=0, help="Begin here, in s.")] = 0.0,
    stop: Annotated[float | None, typer.Option(min=0, help="End here, in s.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the LSL stream; default the file's.")
    ] = None,
    xdf_stream: Annotated[
        str | None,
        typer.Option(
            "--stream", "--xdf-stream", help="Name or type of the signal, for files with several."
        ),
    ] = None,
    markers: MarkersOption = None,
    rate: RateOption = None,
    wait_for_consumer: Annotated[
        float,
        typer.Option(min=0, help="Wait up to this long for a listener before the start, in s."),
    ] = 0.0,
    as_json: JsonOption = False,  # noqa: ARG001 - its callback has acted
    with_parent: WithParent = False,
    while_heard: Annotated[bool, typer.Option("--while-heard", hidden=True)] = False,
) -> None:
    """Stream a recording over LSL, with its markers, as if it happened now.

    Example: bci replay recordings/run-01_eeg.fif --speed 2 --loop
    """
    import dataclasses

    from bci.cli.stopping import stop_on_signals
    from bci.lsl.device_stream import stream_device
    from bci.recording.read import read_recording
    from devices.file import ReplayDevice

    recording = read_recording(file, xdf_stream, markers, given_hz=rate)
    if recording.marker_streams:
        sent = to_replay(recording)
        if len(sent) > 1:
            names = ", ".join(repr(each.name) for each in sent)
            note(
                f"the markers of {len(sent)} streams are sent as one: {names}; --markers names one"
            )
        recording = dataclasses.replace(recording, markers=merged(sent), marker_streams=())
    name = name or recording.info.name
    info = dataclasses.replace(recording.info, name=name, replayed=True)
    recording = dataclasses.replace(recording, info=info)
    device = ReplayDevice(recording, parse_speed(speed), loop=loop, start_s=start, stop_s=stop)
    orphaned = threading.Event() if while_heard else None
    asked_to_stop = stop_on_signals(with_parent, orphaned=orphaned)
    part = device.recording
    span = f"{start:g} to {start + part.duration:.0f} s of " if start or stop is not None else ""
    announce_stream(info, f"; {span}{recording.duration:.0f} s, {len(part.markers)} markers")
    stream_device(device, asked_to_stop, wait_for_consumers_s=wait_for_consumer, orphaned=orphaned)


def parse_speed(text: str) -> float | None:
    """Speed factor; None stands for as fast as possible.

    Raises
    ------
    typer.BadParameter
        If it is neither a number above 0 nor 'max'.
    """
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(
            f"{text!r} is neither a number above 0 nor 'max'", param_hint="--speed"
        )
    return speed


def streams(
    wait: Annotated[float, typer.Option(min=0.1, max=30, help="How long to look, in s.")] = 1.0,
    as_json: JsonResult = False,
) -> None:
    """List the LSL streams on the network now."""
    from bci.lsl.discovery import list_streams

    found = list_streams(wait)
    if as_json:
        rows = [
            {
                "name": s.info.name,
                "type": s.info.type,
                "channels": s.raw.channel_count(),
                "rate_hz": s.info.sfreq,
                "format": s.channel_format,
                "host": s.hostname,
                "source_id": s.info.source_id,
            }
            for s in found
        ]
        print_result(rows)
        return
    if not found:
        out.print("no LSL stream found; is the device streaming, on this network?")
        return
    table = Table("Name", "Type", "Channels", "Rate (Hz)", "Format", "Host", "Source id")
    for s in found:
        rate = f"{s.info.sfreq:g}" if s.info.sfreq else "irregular"
        table.add_row(
            s.info.name, s.info.type, str(s.raw.channel_count()), rate, s.channel_format,
            s.hostname, s.info.source_id,
        )  # fmt: skip
    out.print(table)


def gui(
    profile: Annotated[
        str, typer.Argument(help="Profile file, or the name of a shipped one.")
    ] = "motor-imagery",
    model: Annotated[
        Path | None, typer.Option(help="Model folder for the engine's start button.")
    ] = None,
    stream: Annotated[str | None, typer.Option(help="Name of the LSL stream to show.")] = None,
    name: EngineName = None,
) -> None:
    """Open the dashboard on a live stream; start and stop the engine from it."""
    from bci.cli.gui import open_dashboard

    sys.exit(open_dashboard(profile, model, stream, name))


def demo(
    recording: Annotated[
        Path | None, typer.Argument(help="Replay this instead of the simulated subject.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Model folder; needed with a recording.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile; default: that of the simulated subject.")
    ] = None,
    task: Annotated[
        Task, typer.Option(help="What the simulated subject does, without a recording.")
    ] = "motor-imagery",
    speed: Annotated[str, typer.Option(help="Times real time.")] = "1",
    folder: Annotated[Path, typer.Option(help="Where the simulated subject is kept.")] = RECORDINGS,
    name: EngineName = None,
    screenshot: Annotated[Path | None, typer.Option(hidden=True)] = None,
    screenshot_after: Annotated[float, typer.Option(hidden=True)] = 30.0,
) -> None:
    """Watch a recording being decoded live: replay, engine and dashboard together.

    Without a recording: a simulated subject, calibrated at the first start by the same
    commands that you have ('bci simulate', 'bci calibrate').

    Example: bci demo S007R12.edf --model recordings/models/S007
    """
    from bci.cli.gui import run_demo

    if recording is None and model is not None:
        raise ProfileError("--model needs a recording to replay: bci demo FILE --model FOLDER")
    parse_speed(speed)
    shot = screenshot, screenshot_after
    sys.exit(run_demo(recording, model, profile, task, speed, folder, name, *shot))


def _query(selector, name: str | None):  # type: ignore[no-untyped-def]
    from bci.lsl.discovery import StreamQuery

    if name is not None:
        return StreamQuery(name=name)
    return StreamQuery(**selector.model_dump())
