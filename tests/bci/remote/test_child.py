"""Processes that the remote control starts."""

import asyncio
import signal
from pathlib import Path

import psutil
import pytest

from bci.errors import RemoteError
from bci.remote.child import WatchedCommand


async def write_to_a_hung_engine(profile: Path) -> None:
    argv = ("run", str(profile), "--json", "--with-parent")
    child = WatchedCommand("engine", lambda _: argv, lambda _: None, follows=True)
    try:
        psutil.Process(child.pid).send_signal(signal.SIGSTOP)
        # More than a pipe can store.
        for _ in range(100):
            child.write_line("x" * 4000)
    finally:
        psutil.Process(child.pid).kill()
        await child.stop(20.0)


def test_engine_that_hangs_takes_no_command_and_holds_up_nobody(tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match="the engine takes no commands now"):
        asyncio.run(write_to_a_hung_engine(tmp_path / "none.yaml"))
