"""Commands that put devices onto LSL: devices, stream."""

import json
import queue
import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bci.cli.console import err, out

if TYPE_CHECKING:
    from devices.catalogue import Entry


def add_commands(app: typer.Typer) -> None:
    app.command()(devices)
    app.command()(stream)


def devices(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every device that can be streamed, how it is reached and what it needs.

    Recordings are streamed by 'bci replay FILE'; what is on LSL already ('bci streams') needs
    no adapter.
    """
    import dataclasses

    from bci.serial_ports import serial_ports
    from devices.catalogue import entries, has_brainflow

    listed, ports = entries(), serial_ports()
    if as_json:
        answer = [
            dataclasses.asdict(entry) | {"ports": ports if _takes_port(entry) else ()}
            for entry in listed
        ]
        out.print_json(json.dumps(answer))
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
    while_heard: Annotated[bool, typer.Option("--while-heard", hidden=True)] = False,
) -> None:
    """Stream a device over LSL until Ctrl-C; a device that is lost is waited for.

    What you type while it streams goes to the device: 'marker 5', or its own commands.

    Example: bci stream --device cyton serial_port=/dev/ttyUSB0
    Example: bci stream --device simulator channels=64 sfreq=1000 drop=0.01
    """
    from bci.cli.stopping import stop_on_signals
    from bci.parameters import split_pairs
    from bci.streaming import stream_device
    from devices.catalogue import create

    source = create(device, split_pairs(parameters or (), typer.BadParameter))
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    orphaned = threading.Event() if while_heard else None
    stop = stop_on_signals(with_parent, lines, orphaned)

    def announce() -> None:
        for info in source.describe():
            err.print(f"streaming {info.name}: {info.summary}")

    stream_device(source, stop, say=err.print, commands=lines, on_open=announce, orphaned=orphaned)
