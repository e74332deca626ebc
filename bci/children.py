"""Command lines of child processes."""

import sys


def python_command() -> tuple[str, ...]:
    """This Python, without the current folder on its module path.

    People keep files like ``decoders.py`` or ``queue.py`` beside their recordings. Python imports
    them instead of ours with ``-m`` and ``-c`` unless ``-P`` is given. ``PYTHONPATH`` still counts.
    """
    return sys.executable, "-P"


def bci_command() -> tuple[str, ...]:
    """The command line ``bci``, to be followed by a command's name."""
    return *python_command(), "-m", "bci"
