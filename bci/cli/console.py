"""Where commands print: results to standard output, everything else to standard error."""

import logging
import sys

from rich.console import Console

# Into a pipe or a file there is no edge to wrap at.
_WIDE = 200

out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
err = Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else _WIDE)


class _ToStderr(logging.Handler):
    """Prints each of the library's warnings once, as a plain line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        sentence = record.getMessage()
        if sentence not in self._said:
            self._said.add(sentence)
            err.print(sentence, markup=False, soft_wrap=True)


def show_warnings() -> None:
    """Print what the library warns of, on standard error."""
    log = logging.getLogger("bci")
    log.handlers = [_ToStderr()]
    log.propagate = False
