"""A thread that lists the signal streams of the network."""

from PySide6.QtCore import Signal

from bci.lsl.live_streams import LiveStream, LiveStreams
from gui.workers.worker import Worker

_LOOK_EVERY_S = 0.2


class Directory(Worker):
    """Reports which signal streams there are, as they come and go."""

    changed = Signal(tuple)  # of LiveStream, by name

    def work(self) -> None:
        """Look at the network until the worker is retired."""
        streams = LiveStreams()
        listed: tuple[LiveStream, ...] | None = None
        while self.wait(_LOOK_EVERY_S):
            now = streams.poll()
            if now != listed:
                listed = now
                self.post(self.changed.emit, now)
