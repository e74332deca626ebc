"""A serial line by a pseudo-terminal: a bridge writes to one end, tests read the other."""

import contextlib
import os
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from bci.interfaces import Bridge
from tests.bci.bridges import receivers
from tests.bci.bridges.published import Published
from tests.streams import wait_until


class Line:
    """The test's end of the line; the other end is the device at ``path``."""

    def __init__(self) -> None:
        self._end, device = os.openpty()
        tty.setraw(device)
        self.path = os.ttyname(device)
        self._device = device
        os.set_blocking(self._end, False)
        self.received = b""
        self.at: list[tuple[bytes, float]] = []

    def read(self) -> bytes:
        """Return all bytes so far; ``at`` has the pieces with their times."""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self._end, 65536):
                self.received += piece
                self.at.append((piece, time.monotonic()))
        return self.received

    def until(self, expected: bytes) -> None:
        wait_until(lambda: len(self.read()) >= len(expected))
        assert self.received == expected

    def fill(self, byte: bytes) -> None:
        """Fill the device's buffer, so that it accepts nothing until the line is read."""
        os.set_blocking(self._device, False)
        with contextlib.suppress(BlockingIOError):
            while os.write(self._device, byte):
                pass

    def unplug(self) -> None:
        if self._end >= 0:
            os.close(self._end)
            os.close(self._device)
            self._end = -1


@contextmanager
def running(bridge: Bridge, engine: Published) -> Iterator[list[str]]:
    """Run a bridge of the engine in a thread; yield the sentences that it reports."""
    with receivers.running(bridge) as said:
        engine.wait_for_bridge()
        wait_until(lambda: any("connected" in sentence for sentence in said))
        yield said
