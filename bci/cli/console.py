"""Consoles of the commands: results on standard output, all other text on standard error.

Names of streams, files and channels come from other programs. They are never parsed as markup, and
their control characters are escaped, so that they cannot control the terminal.
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

# Width of the output to a pipe or a file, where long lines should not wrap.
_WIDE = 200
# Control characters except tab and line feed, lone surrogates (which cannot be encoded), line
# separators, and characters that change the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Escape control characters: the escape character becomes the text ``\x1b``."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class PlainConsole(Console):
    """A console that treats every text as plain text, without markup."""

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
        """Convert a text or a cell of a table to one line; a line feed becomes ``\\n``."""
        return super().render_str(printable(text).replace("\n", "\\n"), **how)

    def render(self, *args: Any, **how: Any) -> Iterable[Segment]:
        """Render a renderable with control characters escaped."""
        for segment in super().render(*args, **how):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def progress_columns() -> "tuple[ProgressColumn, ...]":
    """Make the columns of a progress bar whose description may contain untrusted names."""
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    return TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()


out = PlainConsole()
err = PlainConsole(stderr=True)


def note(sentence: str) -> None:
    """Print a sentence on standard error; with ``--json``, print an event instead."""
    if events.wanted():
        from bci.messages import NoteEvent

        events.emit(NoteEvent(text=sentence))
    else:
        err.print(sentence)


def warn(sentence: str) -> None:
    """Print a warning on standard error; with ``--json``, print an event as well."""
    err.print(sentence, soft_wrap=True)
    if events.wanted():
        from bci.messages import WarningEvent

        events.emit(WarningEvent(text=sentence))


def print_file(path: Path, as_json: bool) -> None:
    """Print the path of a written file, or its event with ``as_json``."""
    if as_json:
        from bci.messages import FileEvent

        events.emit(FileEvent(file=str(path)))
    else:
        out.print(str(path), soft_wrap=True)


class _ToStderr(logging.Handler):
    """Handler that prints each of the library's warnings once; see `warn`."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._printed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        sentence = record.getMessage()
        if sentence not in self._printed:
            self._printed.add(sentence)
            warn(sentence)


def show_warnings() -> None:
    """Print the library's warnings on standard error."""
    log = logging.getLogger("bci")
    log.handlers = [_ToStderr()]
    log.propagate = False
