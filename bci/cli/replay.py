"""Command ``bci replay``: a recorded file as an LSL stream."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import note
from bci.cli.events import JsonOption
from bci.cli.options import MarkersOption, RateOption, WithParent
from bci.cli.stream import announce_stream
from bci.lsl.cue_streams import merged, to_replay


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
    """Convert the option to a speed factor; None means as fast as possible."""
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
