"""Command ``bci devices``: list what can be streamed."""

from typing import TYPE_CHECKING

from rich.table import Table

from bci.cli import events
from bci.cli.console import out
from bci.cli.events import JsonOption
from bci.messages import DeviceEntry, DevicesEvent

if TYPE_CHECKING:
    from devices.catalogue import Entry


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
    table = Table("Device", "What it is", "Reached by", "Required", "Optional")
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
