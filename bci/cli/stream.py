"""Commands that put devices onto LSL: devices, stream."""

import queue
import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bci.cli import events
from bci.cli.console import err, note, out, warn
from bci.cli.events import JsonOption
from bci.messages import DeviceEntry, DevicesEvent, StreamingEvent

if TYPE_CHECKING:
    from bci.signals import StreamInfo
    from devices.catalogue import Entry


def add_commands(app: typer.Typer) -> None:
    app.command()(devices)
    app.command()(stream)


def devices(as_json: JsonOption = False) -> None:
    """List every device that can be streamed, how it is reached and what it needs.

    Recordings are streamed by 'bci replay FILE'; what is on LSL already ('bci streams') needs
    no adapter.
    """
    import dataclasses

    from bci.serial_ports import serial_ports
    from devices.catalogue import entries, has_brainflow

    listed, ports = entries(), serial_ports()
    if as_json:
        answer = (
            DeviceEntry(**dataclasses.asdict(entry), ports=ports if _takes_port(entry) else ())
            for entry in listed
        )
        events.emit(DevicesEvent(devices=tuple(answer)))
        return
    table = Table("Device", "What it is", "Reached by", "Needs", "Takes besides")
    for entry in listed:
        table.add_row(
            entry.name, entry.what, entry.transport, " ".join(entry.needs), " ".join(entry.takes)
        )
    out.print(table)
    if any(_takes_port(entry) for entry in listed):
        found = ", ".join(ports) or "none; is the dongle or the board plugged in?"
        out.print(f"serial ports now: {found}")
    if not has_brainflow(listed):
        out.print(
            "amplifiers of many makers come with BrainFlow: pip install 'bci[brainflow]'",
        )
    out.print("bci stream --device NAME [PARAMETER=VALUE ...]; recordings: bci replay FILE")


def _takes_port(entry: "Entry") -> bool:
    return "serial_port" in (*entry.needs, *entry.takes)


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
