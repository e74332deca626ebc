"""Where commands print: results to standard output, everything else to standard error."""

import sys

from rich.console import Console

# Into a pipe or a file there is no edge to wrap at.
_WIDE = 200

out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
err = Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else _WIDE)
