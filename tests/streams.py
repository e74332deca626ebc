"""Real LSL streams for tests, and waiting for conditions instead of for time to pass."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from pylsl import local_clock

from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.inlet import SignalInlet
from bci.lsl.outlet import SignalOutlet
from bci.signals import Chunk, StreamInfo

T = TypeVar("T")

_PATIENCE_S = 60.0


def wait_until(condition: Callable[[], T], timeout: float = 30.0) -> T:
    """Poll until the condition is true; its value. Fails the test after a minute, or later."""
    # A busy computer fails no test by being slow.
    deadline = time.monotonic() + max(timeout, _PATIENCE_S)
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)
    return value


def find(name: str) -> FoundStream:
    """The stream of a name that only one has; without the wait for another one."""
    return wait_until(StreamWatch(StreamQuery(name=name)).poll)[0]


@contextmanager
def connected(info: StreamInfo) -> Iterator[tuple[SignalOutlet, SignalInlet]]:
    """An outlet and an inlet that is connected to it."""
    outlet = SignalOutlet(info)
    inlet = SignalInlet(find(info.name))
    try:
        wait_until(lambda: outlet.has_consumers)
        yield outlet, inlet
    finally:
        inlet.close()
        outlet.close()


def send(
    outlet: SignalOutlet, data: np.ndarray, first: int = 0, start: float | None = None
) -> float:
    """Push samples as if they had been taken from ``start`` on; returns that time."""
    start = local_clock() if start is None else start
    index = np.arange(first, first + len(data))
    outlet.push(Chunk(data, start + index / outlet.info.sfreq, first))
    return start


def receive(inlet: SignalInlet, n_samples: int, timeout: float = 10.0) -> list[Chunk]:
    """Pull until so many samples came; the chunks own their data."""
    chunks: list[Chunk] = []

    def enough() -> bool:
        for chunk in inlet.pull(1000, 0.02):
            chunks.append(
                Chunk(chunk.data.copy(), chunk.timestamps.copy(), chunk.first, chunk.arrived)
            )
        return sum(len(chunk.data) for chunk in chunks) >= n_samples

    wait_until(enough, timeout)
    return chunks
