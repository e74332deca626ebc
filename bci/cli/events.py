"""Events of a command as lines of JSON, for programs: one writer for every ``--json``.

A command takes `JsonOption` and prints its events with `emit`. Its error and the library's warnings
become events too, beside the lines on standard error.
"""

import sys
from typing import Annotated, Any

import typer

from bci.messages import Event

_wanted = False


def want(as_json: bool) -> bool:
    """Note whether the command that runs prints events."""
    # Global: an error is printed when the options of the command are gone.
    global _wanted
    _wanted = as_json
    return as_json


def wanted() -> bool:
    """Whether the command that runs was given ``--json``."""
    return _wanted


def _option(told: str) -> Any:
    # Eager, so that the error of another option is an event as well.
    return typer.Option("--json", callback=want, is_eager=True, help=told)


JsonOption = Annotated[bool, _option("Print events as lines of JSON, for programs.")]
JsonResult = Annotated[bool, _option("Print the result as JSON.")]


def emit(event: Event) -> None:
    """Print an event on standard output: one JSON object on one line."""
    # Not through rich, which wraps long lines; in one piece, since threads print as well.
    sys.stdout.write(event.line() + "\n")
    sys.stdout.flush()
