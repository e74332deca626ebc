"""Output of a command for programs: one writer for every ``--json``.

A long command takes `JsonOption` and prints its events with `emit`. Its error and the library's
warnings become events too, beside the lines on standard error. A command that takes `JsonResult`
prints one JSON value with `print_result` and no event; where it fails, its error as an event.
"""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

if TYPE_CHECKING:
    from bci.messages import Event

# Global: an error is printed when the options of the command are gone.
_wanted = False
_for_program: TextIO | None = None


def want(as_json: bool) -> bool:
    """Note whether the command that runs prints events."""
    global _wanted
    _wanted = as_json
    return want_result(as_json)


def want_result(as_json: bool) -> bool:
    """Note whether standard output is for a program.

    It is kept for us then: what a library or a plug-in prints goes to standard error.
    """
    global _for_program
    if as_json and _for_program is None:
        _for_program, sys.stdout = sys.stdout, sys.stderr
    elif not as_json and _for_program is not None:
        sys.stdout, _for_program = _for_program, None
    return as_json


def wanted() -> bool:
    """Return True if the running command prints events."""
    return _wanted


def is_for_program() -> bool:
    """Return True if a program reads standard output: events, or one result."""
    return _for_program is not None


def _option(callback: Callable[[bool], bool], help_text: str) -> Any:
    # Eager, so that the error of another option is an event as well.
    return typer.Option("--json", callback=callback, is_eager=True, help=help_text)


JsonOption = Annotated[bool, _option(want, "Print events as lines of JSON, for programs.")]
JsonResult = Annotated[bool, _option(want_result, "Print the result as JSON.")]


def emit(event: "Event") -> None:
    """Print an event on standard output: one JSON object on one line."""
    # Not through rich, which wraps long lines; in one piece, since threads print as well.
    _write(event.line())


def print_result(result: Any) -> None:
    """Print the one result of a command on standard output, as JSON in ASCII.

    A number that is not finite becomes null.
    """
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(result, inf_nan_mode="null")
    # Not through rich, which would escape control characters as Python does.
    _write(json.dumps(plain, indent=2, allow_nan=False))


def _write(text: str) -> None:
    stream = _for_program or sys.stdout
    stream.write(text + "\n")
    stream.flush()
