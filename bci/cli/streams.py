"""Command ``bci streams``: list LSL streams."""

from typing import Annotated

import typer
from rich.table import Table

from bci.cli.console import out
from bci.cli.events import JsonResult, print_result


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
