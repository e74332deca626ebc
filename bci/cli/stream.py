"""Command ``bci stream``: a device as an LSL stream."""

import queue
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from bci.cli import events
from bci.cli.console import err, note, warn
from bci.cli.events import JsonOption
from bci.messages import StreamingEvent

if TYPE_CHECKING:
    from bci.signals import StreamInfo


def stream(
    device: Annotated[str, typer.Option(help="Name of the device, as 'bci devices' lists it.")],
    parameters: Annotated[
        list[str] | None, typer.Argument(help="What the device needs, as PARAMETER=VALUE.")
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    as_json: JsonOption = False,  # noqa: ARG001 - its callback has acted
    while_heard: Annotated[bool, typer.Option("--while-heard", hidden=True)] = False,
) -> None:
    """Stream a device over LSL until Ctrl-C; a device that is lost is waited for.

    What you type while it streams goes to the device: 'marker 5', or its own commands.

    Example: bci stream --device cyton serial_port=/dev/ttyUSB0
    Example: bci stream --device simulator channels=64 sfreq=1000 drop=0.01
    """
    from bci.cli.stopping import stop_on_signals
    from bci.lsl.device_stream import stream_device
    from bci.plugins.parameters import split_pairs
    from devices.catalogue import create

    source = create(device, split_pairs(parameters or (), typer.BadParameter))
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    orphaned = threading.Event() if while_heard else None
    stop = stop_on_signals(with_parent, lines, orphaned)

    def announce() -> None:
        for info in source.describe():
            announce_stream(info)

    stream_device(
        source, stop, report=note, warn=warn, commands=lines, on_open=announce, orphaned=orphaned
    )


def announce_stream(info: "StreamInfo", more: str = "") -> None:
    """Print that a stream is on the network, with ``more`` for people; with ``--json`` an event."""
    if events.wanted():
        event = StreamingEvent(
            stream=info.name, n_channels=info.n_channels, sfreq=info.sfreq,
            simulated=info.simulated,
        )  # fmt: skip
        events.emit(event)
    else:
        err.print(f"streaming {info.name}: {info.summary}{more}")
