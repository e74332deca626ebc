"""Listening for cues while the engine decodes."""

import queue
import threading

from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.inlet import MarkerInlet
from bci.types import Marker

_WAIT_S = 0.01
_LOOK_S = 0.1
_STOP_S = 0.8


class CueListener:
    """Receives markers in a thread of its own, so that no marker stream can hold up decoding.

    The stream may come, go and come back at any time. The thread is a daemon: one that waits for
    a program that hangs cannot keep ours from ending.

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
        while not self._stopping.is_set():
            try:
                if inlet is None:
                    found = self._watch.poll()
                    if not found:
                        self._stopping.wait(_LOOK_S)
                        continue
                    inlet = MarkerInlet(found[0])
                for marker in inlet.pull(_WAIT_S):
                    self._came.put(marker)
                self.connected = inlet.connected
            except StreamError:
                # It did not answer, or came back as another stream: look anew.
                if inlet is not None:
                    inlet.close()
                    inlet = None
                self.connected = False
                self._stopping.wait(_LOOK_S)
        if inlet is not None:
            inlet.close()
