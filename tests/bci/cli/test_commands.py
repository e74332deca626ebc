"""The list of commands, and a start that imports no more than it needs."""

import subprocess
import sys

import pytest

from bci.cli.commands import COMMANDS, load_command


@pytest.mark.parametrize("name", COMMANDS)
def test_listed_help_is_the_first_sentence_of_the_command(name: str) -> None:
    command = load_command(name)
    assert command.name == name
    assert command.help.split("\n\n")[0] == COMMANDS[name]


@pytest.mark.parametrize(
    "start",
    ["import bci", "import sys; sys.argv = ['bci', '--help']; import bci.cli as c; c.app()"],
)
def test_start_imports_neither_numpy_nor_pydantic(start: str) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'numpy', 'scipy', 'mne', 'pylsl', 'pydantic', 'PySide6', 'torch'}\n"
        "atexit.register(lambda: print('loaded:', *sorted(heavy & sys.modules.keys())))\n" + start
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded:"
