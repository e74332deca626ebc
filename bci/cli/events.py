"""Output of commands for programs, with the option ``--json``.

A long command has the option `JsonOption` and prints its events with `emit`. Its error and the
library's warnings become events, too, besides lines on standard error. A command with the option
`JsonResult` prints one JSON value with `print_result`; its only event is its error.
"""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

if TYPE_CHECKING:
    from bci.messages import Event

# Global, because an error is printed after the command's options are out of scope.
_wanted = False
_for_program: TextIO | None = None


def want(as_json: bool) -> bool:
    """Store whether the running command prints events; return ``as_json``."""
    global _wanted
    _wanted = as_json
    return want_result(as_json)


def want_result(as_json: bool) -> bool:
    """Store whether a program reads standard output; return ``as_json``.

    If so, only events and results of this program are written to standard output. Text that a
    library or a plug-in prints goes to standard error.
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
    # Eager, so that the error of another option is printed as an event, too.
    return typer.Option("--json", callback=callback, is_eager=True, help=help_text)


JsonOption = Annotated[bool, _option(want, "Print events as lines of JSON, for programs.")]
JsonResult = Annotated[bool, _option(want_result, "Print the result as JSON.")]


def emit(event: "Event") -> None:
    """Print an event on standard output: one JSON object on one line."""
    # Not through rich, which wraps long lines. In one write, because several threads print.
    _write(event.line())


def print_result(result: Any) -> None:
    """Print the result of a command on standard output, as JSON in ASCII.

    Numbers that are not finite become null.
    """
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(result, inf_nan_mode="null")
    # Not through rich, which would escape control characters in Python's notation.
    _write(json.dumps(plain, indent=2, allow_nan=False))


def _write(text: str) -> None:
    stream = _for_program or sys.stdout
    stream.write(text + "\n")
    stream.flush()
