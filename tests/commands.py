"""Commands of ``bci``: in this process where its start is not what is tested, else in its own."""

import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from bci import cli
from bci.commands import bci_command
from bci.messages import EvaluationEvent, read_event

BCI = bci_command()
Done = subprocess.CompletedProcess[str]


def bci(*arguments: object) -> Done:
    """Run a command to its end, here: importing numpy, scipy and the rest takes seconds."""
    out, err = StringIO(), StringIO()
    argv = ["bci", *map(str, arguments)]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", argv)
        patch.setattr(sys, "stdin", StringIO())
        try:
            code = cli.run()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return Done(argv, code, out.getvalue(), err.getvalue())


def bci_process(*arguments: object) -> Done:
    """Run a command to its end in a process of its own, as a user does."""
    return subprocess.run(
        [*BCI, *map(str, arguments)],
        capture_output=True, text=True, timeout=110, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def evaluations(done: Done) -> list[EvaluationEvent]:
    """Scores that ``bci evaluate --json`` printed."""
    events = map(read_event, done.stdout.splitlines())
    return [event for event in events if isinstance(event, EvaluationEvent)]


def refused(*arguments: object) -> str:
    """Run a command that has to fail; its one line."""
    return one_line(bci(*arguments))


def one_line(done: Done) -> str:
    """What a command that failed as it should said."""
    assert done.returncode == 2, done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return lines[0]
