"""Build command lines of this program, parse options, and end a process."""

import atexit
import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn


def python_command() -> tuple[str, ...]:
    """Return the start of a Python command line.

    The current folder is not on the module path of that process. Users may have files such as
    ``decoders.py`` or ``queue.py`` beside their recordings. With ``-m`` or ``-c``, Python would
    import them instead of ours unless ``-P`` is given. ``PYTHONPATH`` still applies.
    """
    return sys.executable, "-P"


# Environment variable with the effect of ``-P``, for Python processes started by a library.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}


def bci_command() -> tuple[str, ...]:
    """Return the start of a ``bci`` command line; append the name of the command."""
    return *python_command(), "-m", "bci"


def is_recorder(pid: int) -> bool:
    """Return True if the process ``pid`` is a recorder, by its command line."""
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
    """End this process at once, without the interpreter's own shutdown.

    The shutdown takes a second or more, several with PyTorch, and Qt would kill child processes
    that must continue. All data must be on disk before. With ``clean_up``, functions registered
    with `atexit` are called first, and standard output and error are flushed. Do not use it in a
    signal handler, which must not wait.
    """
    if clean_up:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            # The reader may have closed the stream.
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(code)


def options_of(argv: tuple[str, ...]) -> dict[str, str]:
    """Return the options by name, from ``--name value`` or ``--name=value``."""
    found = {}
    for word, after in zip(argv, (*argv[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            found[name] = value if equals else after
    return found


def without_option(argv: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the command line without the option ``name`` and its value."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == name:
            next(words, None)
        elif not word.startswith(f"{name}="):
            kept.append(word)
    return tuple(kept)
