"""Entry point of the command line: ``bci`` or ``python -m bci``."""

import signal
import sys
from pathlib import Path

import bci


def main() -> None:
    """Run a command and end the process.

    Ctrl-C during imports ends it without a traceback.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bci import cli

    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


def _leave_current_folder() -> None:
    """Remove the current folder from the module path.

    User files there may have the names of our modules.
    """
    if not sys.flags.safe_path and Path(sys.path[0]) != Path(bci.__file__).parents[1]:
        del sys.path[0]


if __name__ == "__main__":
    _leave_current_folder()
    main()
