"""The signal streams that are on the network, as they come and go."""

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
# Streams about signals that our own programs publish, and streams that carry text.
_NO_SIGNALS = ("Predictions", "Status", "Provenance", "Decisions", "Quality", "Markers", "Feature")


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
        return self._summary(f"{self.n_channels} channel{'' if self.n_channels == 1 else 's'}")

    @property
    def short_summary(self) -> str:
        """``EEG, 16 ch, 250 Hz``, where there is no room for more."""
        return self._summary(f"{self.n_channels} ch")

    def _summary(self, channels: str) -> str:
        rate = f"{self.sfreq:g} Hz" if self.sfreq else "irregular"
        return ", ".join(part for part in (self.type, channels, rate) if part)


class LiveStreams:
    """Lists the signal streams of the network; call `poll` a few times a second.

    Whether a stream is simulated is in its description, which takes a connection of its own. Each
    is fetched in a thread, since a stream that hangs takes seconds to give up.
    """

    def __init__(self) -> None:
        self._watch = StreamWatch(StreamQuery())
        self._fetched: set[str] = set()
        self._descriptions: queue.SimpleQueue[tuple[str, StreamInfo]] = queue.SimpleQueue()
        self._described: dict[str, StreamInfo] = {}

    def poll(self) -> tuple[LiveStream, ...]:
        """List them as they are now, by name; returns at once."""
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
