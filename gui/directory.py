"""The signal streams that are on the network, as they come and go."""

import queue
from dataclasses import dataclass

import pylsl
from PySide6.QtCore import QObject, Signal

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.metadata import from_lsl
from bci.types import StreamInfo
from gui.amounts import counted
from gui.workers import Worker

_LOOK_EVERY_S = 0.2
_DESCRIPTION_S = 5.0
_MAX_STREAMS = 200
# Streams about signals that our own programs publish, and streams that carry text.
_NO_SIGNALS = ("Predictions", "Status", "Provenance", "Decisions", "Quality", "Markers")


@dataclass(frozen=True, slots=True)
class LiveStream:
    """A signal stream that is there now.

    ``simulated`` and ``replayed`` are None until its description has come.
    """

    uid: str
    name: str
    type: str
    n_channels: int
    sfreq: float
    source_id: str
    hostname: str
    simulated: bool | None = None
    replayed: bool | None = None

    @property
    def query(self) -> StreamQuery:
        """Finds this stream again, also after its program was restarted."""
        return StreamQuery(self.name, self.type or None, self.source_id or None)

    @property
    def summary(self) -> str:
        """``EEG, 16 channels, 250 Hz``."""
        return self._summary(counted(self.n_channels, "channel"))

    @property
    def short_summary(self) -> str:
        """``EEG, 16 ch, 250 Hz``, where there is no room for more."""
        return self._summary(f"{self.n_channels} ch")

    def _summary(self, channels: str) -> str:
        rate = f"{self.sfreq:g} Hz" if self.sfreq else "irregular"
        return ", ".join(part for part in (self.type, channels, rate) if part)


class Directory(Worker):
    """Lists the signal streams of the network from a thread of its own.

    Whether a stream is simulated is in its description, which takes a connection of its own. Each
    is fetched in a thread, since a stream that hangs takes seconds to give up.
    """

    changed = Signal(tuple)  # of LiveStream, by name

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._descriptions: queue.SimpleQueue[tuple[str, StreamInfo]] = queue.SimpleQueue()

    def work(self) -> None:
        """Look at the network until the worker is retired."""
        watch = StreamWatch(StreamQuery())
        described: dict[str, StreamInfo] = {}
        fetched: set[str] = set()
        listed: tuple[LiveStream, ...] | None = None
        while self.wait(_LOOK_EVERY_S):
            while not self._descriptions.empty():
                uid, info = self._descriptions.get()
                described[uid] = info
            found = [stream for stream in watch.poll() if _is_signal(stream)][:_MAX_STREAMS]
            for stream in found:
                if stream.uid not in fetched:
                    fetched.add(stream.uid)
                    self.aside(self._describe, stream)
            now = tuple(_live(stream, described.get(stream.uid)) for stream in found)
            if now != listed:
                listed = now
                self.post(self.changed.emit, now)

    def _describe(self, stream: FoundStream) -> None:
        try:
            inlet = pylsl.StreamInlet(stream.raw, recover=False)
            self._descriptions.put((stream.uid, from_lsl(inlet.info(timeout=_DESCRIPTION_S))))
        except (RuntimeError, StreamError):
            # It does not answer: whether it is simulated stays unknown.
            return


def _is_signal(stream: FoundStream) -> bool:
    return (
        stream.channel_format not in ("string", "undefined")
        and stream.info.type not in _NO_SIGNALS
        and stream.raw.channel_count() > 0
    )


def _live(stream: FoundStream, described: StreamInfo | None) -> LiveStream:
    info = stream.info
    return LiveStream(
        uid=stream.uid,
        name=info.name,
        type=info.type,
        n_channels=stream.raw.channel_count(),
        sfreq=info.sfreq,
        source_id=info.source_id,
        hostname=stream.hostname,
        simulated=described.simulated if described else None,
        replayed=described.replayed if described else None,
    )
