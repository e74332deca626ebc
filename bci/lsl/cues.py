"""Listening for cues beside other work that must not wait."""

import queue
import threading

from pylsl import local_clock

from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.inlet import MarkerInlet
from bci.types import Marker

GUIDED = "Cues"
"""Type of the stream of a guided calibration: its cues are not the markers of a device."""

_WAIT_S = 0.01
_LOOK_S = 0.1
_STOP_S = 0.8
# A stream that is gone is still listed for two seconds.
_LISTED_S = 3.0


class CueListener:
    """Receives markers in a thread of its own, so that no marker stream can hold up the caller.

    The stream may come, go and come back at any time, or another that fits in its place. The
    thread is a daemon: one that waits for a program that hangs cannot keep ours from ending.

    Parameters
    ----------
    query : StreamQuery
        Which marker stream; of several the first by name is taken.

    Raises
    ------
    StreamError
        If the query cannot be expressed.
    """

    def __init__(self, query: StreamQuery) -> None:
        self._watch = StreamWatch(query)
        self._came: queue.SimpleQueue[Marker] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.connected = False
        self._thread.start()

    def pull(self) -> list[Marker]:
        """Markers that came since the last call; never waits."""
        return [self._came.get_nowait() for _ in range(self._came.qsize())]

    def close(self) -> None:
        """End the thread, within a second."""
        self._stopping.set()
        self._thread.join(_STOP_S)

    def _listen(self) -> None:
        inlet: MarkerInlet | None = None
        uid, listed_until = "", 0.0
        while not self._stopping.is_set():
            try:
                if inlet is None:
                    now = local_clock()
                    found = [s for s in self._watch.poll() if s.uid != uid or now > listed_until]
                    if not found:
                        self._stopping.wait(_LOOK_S)
                        continue
                    uid, listed_until = found[0].uid, float("inf")
                    inlet = MarkerInlet(found[0])
                    self.connected = True
                for marker in inlet.pull(_WAIT_S):
                    self._came.put(marker)
                lost = not inlet.connected
            except StreamError:
                lost = True
            if lost:
                # Gone, or without an answer: it may come back, or another in its place.
                if inlet is not None:
                    inlet.close()
                    inlet = None
                self.connected = False
                listed_until = local_clock() + _LISTED_S
        if inlet is not None:
            inlet.close()
