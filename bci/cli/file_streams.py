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
        help="Name or type of the stream of cues, for files with several. Default: the stream that "
        "holds cues.",
    ),
]
