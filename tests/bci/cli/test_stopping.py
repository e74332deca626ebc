"""Requests to stop, and commands on standard input, from a terminal or a pipe."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from bci.commands import python_command

# A program that prints each received line, and ends at the second.
_LISTENER = """
import queue, sys
from bci.cli.stopping import stop_on_signals
lines = queue.SimpleQueue()
stop_on_signals(lines=lines)
print("ready", flush=True)
for _ in range(2):
    print(lines.get(timeout=60), flush=True)
"""

# A program that is interrupted while it holds the lock of its event, as briefly in every wait.
_INTERRUPTED = """
import os, signal
from bci.cli.stopping import stop_on_signals
stop = stop_on_signals()
with stop._cond:
    os.kill(os.getpid(), signal.SIGINT)
    print("interrupted", flush=True)
assert stop.wait(30)
os.kill(os.getpid(), signal.SIGINT)
while True:
    pass
"""


def test_interrupt_at_any_moment_stops_and_a_second_one_ends_the_process() -> None:
    done = subprocess.run(
        [*python_command(), "-c", _INTERRUPTED],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "interrupted\n"
    assert done.returncode == 128 + signal.SIGINT


def test_lines_of_a_pipe_are_commands() -> None:
    with subprocess.Popen(
        [*python_command(), "-c", _LISTENER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as listener:
        said, _ = listener.communicate("use a\n\nuse b\n", timeout=60)
    assert said.split("\n") == ["ready", "use a", "use b", ""]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_every_writer_of_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "commands"
    os.mkfifo(pipe)
    # Read and write, so that opening does not wait for the listener, which waits for the writer.
    opened = os.open(pipe, os.O_RDWR)
    with (
        pipe.open() as stdin,
        subprocess.Popen(
            [*python_command(), "-c", _LISTENER], stdin=stdin, stdout=subprocess.PIPE, text=True
        ) as listener,
    ):
        try:
            os.close(opened)
            assert listener.stdout is not None
            assert listener.stdout.readline() == "ready\n"
            for command in ("use a\n", "use b\n"):
                pipe.write_text(command)
                assert listener.stdout.readline() == command
            assert listener.wait(30) == 0
        finally:
            listener.kill()
