"""Processes of this program: their command lines, and their end."""

import atexit
import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn


def python_command() -> tuple[str, ...]:
    """This Python, without the current folder on its module path.

    People keep files like ``decoders.py`` or ``queue.py`` beside their recordings. Python imports
    them instead of ours with ``-m`` and ``-c`` unless ``-P`` is given. ``PYTHONPATH`` still counts.
    """
    return sys.executable, "-P"


# As ``-P`` of `python_command`, for Python processes that a library starts for us.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}


def bci_command() -> tuple[str, ...]:
    """The command line ``bci``, to be followed by a command's name."""
    return *python_command(), "-m", "bci"


def is_recorder(pid: int) -> bool:
    """Recognise a recorder among the processes of this computer, by its command line."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        asked = ("ps", "-o", "args=", "-p", str(pid))
        if os.name != "posix":
            query = f"(Get-CimInstance Win32_Process -Filter 'ProcessId={pid:d}').CommandLine"
            asked = ("powershell", "-NoProfile", "-NonInteractive", "-Command", query)
        line = subprocess.run(asked, capture_output=True, check=False).stdout
    return b"bci" in line and b" record" in line


def exit_now(code: int, clean_up: bool = False) -> NoReturn:
    """End this process without taking its modules and threads apart.

    That takes a second or more, with PyTorch several, and Qt would kill child processes that
    have to continue. Everything that has to last must be on disk. With ``clean_up``
    the functions registered with `atexit` are called before, and standard output and error are
    flushed; not from a signal handler, which must not wait.
    """
    if clean_up:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            # Nobody may read it any more.
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(code)


def options_of(argv: tuple[str, ...]) -> dict[str, str]:
    """Options with a value, given as ``--name value`` or ``--name=value``."""
    found = {}
    for word, after in zip(argv, (*argv[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            found[name] = value if equals else after
    return found


def without_option(argv: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The same command line without an option and its value."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == name:
            next(words, None)
        elif not word.startswith(f"{name}="):
            kept.append(word)
    return tuple(kept)
