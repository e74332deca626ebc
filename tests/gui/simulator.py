"""The real simulator in its own process, as a user starts it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bci.lsl.discovery import StreamQuery, resolve


@contextmanager
def simulator(name: str, **parameters: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run the simulator until the block ends."""
    given = [f"{key}={value}" for key, value in ({"name": name} | parameters).items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "bci", "stream", "--device", "simulator", *given, "--with-parent"],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        resolve(StreamQuery(name=name), 30.0)
        yield process
    finally:
        process.communicate(timeout=40)
