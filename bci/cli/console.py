"""Consoles of the commands: results on standard output, everything else on standard error.

Names of streams, files and channels come from other programs. They are printed as they are:
never parsed as markup, and with control characters escaped, so that they cannot steer a terminal.
"""

import logging
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from bci.cli import events

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

# Into a pipe or a file there is no edge to wrap at.
_WIDE = 200
# Control characters but tab and line feed, lone surrogates (which no encoding takes), line
# separators, and what turns the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Escape what would steer a terminal: the escape character becomes ``\x1b``."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class PlainConsole(Console):
    """A console that takes every text for plain text."""

    def __init__(self, stderr: bool = False) -> None:
        stream = sys.stderr if stderr else sys.stdout
        super().__init__(
            stderr=stderr,
            highlight=False,
            markup=False,
            emoji=False,
            width=None if stream.isatty() else _WIDE,
        )

    def render_str(self, text: str, **how: Any) -> Text:
        """Convert a text or a cell of a table; one text is one line, whatever a name holds."""
        return super().render_str(printable(text).replace("\n", "\\n"), **how)

    def render(self, *args: Any, **how: Any) -> Iterable[Segment]:
        """Render anything that can be printed."""
        for segment in super().render(*args, **how):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def progress_columns() -> "tuple[ProgressColumn, ...]":
    """Columns of a progress bar whose description may hold names from outside."""
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    return TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()


out = PlainConsole()
err = PlainConsole(stderr=True)


def note(sentence: str) -> None:
    """Print a sentence on standard error; with ``--json`` as an event instead."""
    if events.wanted():
        from bci.messages import NoteEvent

        events.emit(NoteEvent(text=sentence))
    else:
        err.print(sentence)


def warn(sentence: str) -> None:
    """Print a warning on standard error; with ``--json`` as an event, too."""
    err.print(sentence, soft_wrap=True)
    if events.wanted():
        from bci.messages import WarningEvent

        events.emit(WarningEvent(text=sentence))


def print_file(path: Path, as_json: bool) -> None:
    """Print the path of a file that was written, or its event."""
    if as_json:
        from bci.messages import FileEvent

        events.emit(FileEvent(file=str(path)))
    else:
        out.print(str(path), soft_wrap=True)


class _ToStderr(logging.Handler):
    """Prints each of the library's warnings once, as a plain line and as an event."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._printed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        sentence = record.getMessage()
        if sentence not in self._printed:
            self._printed.add(sentence)
            warn(sentence)


def show_warnings() -> None:
    """Print what the library warns of, on standard error."""
    log = logging.getLogger("bci")
    log.handlers = [_ToStderr()]
    log.propagate = False
