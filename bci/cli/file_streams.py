"""Options that choose among the streams of a recording."""

from typing import Annotated

import typer

SignalOption = Annotated[
    str | None,
    typer.Option(
        "--stream", help="Name or type of the signal, for files with several. Default: profile's."
    ),
]
MarkersOption = Annotated[
    str | None,
    typer.Option(
        "--markers",
        help="Name or type of the stream of cues, or name of the trigger channel. Default: what "
        "holds cues.",
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate", min=1e-3, max=1e6,
        help="True rate of the signal in Hz, where an XDF file states a wrong one.",
    ),
]  # fmt: skip
