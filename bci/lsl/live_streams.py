"""List the signal streams on the network, continuously updated."""

import queue
import threading
from dataclasses import dataclass

import pylsl

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.metadata import from_lsl
from bci.signals import StreamInfo

_DESCRIPTION_S = 5.0
_MAX_STREAMS = 200
# Types of streams that are no signals: those that this program publishes, and texts.
_NO_SIGNALS = ("Predictions", "Status", "Provenance", "Decisions", "Quality", "Markers", "Feature")


@dataclass(frozen=True, slots=True)
class LiveStream:
    """A signal stream on the network.

    ``simulated`` and ``replayed`` are None until the stream's description has arrived.
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
        """Query that finds this stream again, also after a restart of its program."""
        return StreamQuery(self.name, self.type or None, self.source_id or None)

    @property
    def summary(self) -> str:
        """Type, channels and rate, such as ``EEG, 16 channels, 250 Hz``."""
        return self._summary(f"{self.n_channels} channel{'' if self.n_channels == 1 else 's'}")

    @property
    def short_summary(self) -> str:
        """Short form of `summary`, such as ``EEG, 16 ch, 250 Hz``."""
        return self._summary(f"{self.n_channels} ch")

    def _summary(self, channels: str) -> str:
        rate = f"{self.sfreq:g} Hz" if self.sfreq else "irregular"
        return ", ".join(part for part in (self.type, channels, rate) if part)


class LiveStreams:
    """List of the signal streams on the network; call `poll` often.

    A few calls per second are enough.

    Whether a stream is simulated is part of its description, which needs a connection. Each
    description is fetched in a thread, since a hanging stream takes seconds to time out.
    """

    def __init__(self) -> None:
        self._watch = StreamWatch(StreamQuery())
        self._fetched: set[str] = set()
        self._descriptions: queue.SimpleQueue[tuple[str, StreamInfo]] = queue.SimpleQueue()
        self._described: dict[str, StreamInfo] = {}

    def poll(self) -> tuple[LiveStream, ...]:
        """Return the present streams, sorted by name, without waiting."""
        while not self._descriptions.empty():
            uid, info = self._descriptions.get()
            self._described[uid] = info
        found = [stream for stream in self._watch.poll() if _is_signal(stream)][:_MAX_STREAMS]
        for stream in found:
            if stream.uid not in self._fetched:
                self._fetched.add(stream.uid)
                threading.Thread(target=self._describe, args=(stream,), daemon=True).start()
        return tuple(_live(stream, self._described.get(stream.uid)) for stream in found)

    def _describe(self, stream: FoundStream) -> None:
        try:
            inlet = pylsl.StreamInlet(stream.raw, recover=False)
            self._descriptions.put((stream.uid, from_lsl(inlet.info(timeout=_DESCRIPTION_S))))
        except (RuntimeError, StreamError):
            # The stream does not answer, so whether it is simulated stays unknown.
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
