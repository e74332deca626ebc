"""Which signal streams are on the network, as they come and go."""

import queue
from dataclasses import dataclass

import pylsl
from PySide6.QtCore import QObject, Signal

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.metadata import from_lsl
from gui.widgets.units import counted
from gui.workers.worker import Worker

_LOOK_EVERY_S = 0.2
_DESCRIPTION_S = 5.0
_MOST_STREAMS = 200
# What our own programs publish about signals, and what carries text.
_NO_SIGNALS = ("Predictions", "Status", "Provenance", "Decisions", "Quality", "Markers")


@dataclass(frozen=True, slots=True)
class LiveStream:
    """A signal stream that is there now.

    ``simulated`` and ``replayed`` are None until it has said so itself.
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
        return self._told(counted(self.n_channels, "channel"))

    @property
    def short_summary(self) -> str:
        """``EEG, 16 ch, 250 Hz``, where there is no room for more."""
        return self._told(f"{self.n_channels} ch")

    def _told(self, channels: str) -> str:
        rate = f"{self.sfreq:g} Hz" if self.sfreq else "irregular"
        return ", ".join(part for part in (self.type, channels, rate) if part)


class Directory(Worker):
    """Lists the signal streams of the network from a thread of its own.

    A stream tells only when asked whether it is simulated. Each is asked in a thread of its own,
    since one that hangs takes seconds to give up.
    """

    changed = Signal(tuple)  # of LiveStream, by name

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers: queue.SimpleQueue[tuple[str, bool, bool]] = queue.SimpleQueue()

    def work(self) -> None:
        """Look at the network until it is retired."""
        watch = StreamWatch(StreamQuery())
        told: dict[str, tuple[bool, bool]] = {}
        asked: set[str] = set()
        listed: tuple[LiveStream, ...] | None = None
        while self.wait(_LOOK_EVERY_S):
            while not self._answers.empty():
                uid, *answer = self._answers.get()
                told[uid] = (answer[0], answer[1])
            found = [stream for stream in watch.poll() if _is_signal(stream)][:_MOST_STREAMS]
            for stream in found:
                if stream.uid not in asked:
                    asked.add(stream.uid)
                    self.aside(self._ask, stream)
            now = tuple(_live(stream, *told.get(stream.uid, (None, None))) for stream in found)
            if now != listed:
                listed = now
                self.tell(self.changed.emit, now)

    def _ask(self, stream: FoundStream) -> None:
        try:
            inlet = pylsl.StreamInlet(stream.raw, recover=False)
            described = from_lsl(inlet.info(timeout=_DESCRIPTION_S))
        except (RuntimeError, StreamError):
            # It does not answer: what it says of itself stays unknown.
            return
        self._answers.put((stream.uid, described.simulated, described.replayed))


def _is_signal(stream: FoundStream) -> bool:
    return (
        stream.channel_format not in ("string", "undefined")
        and stream.info.type not in _NO_SIGNALS
        and stream.raw.channel_count() > 0
    )


def _live(stream: FoundStream, simulated: bool | None, replayed: bool | None) -> LiveStream:
    info = stream.info
    return LiveStream(
        stream.uid, info.name, info.type, stream.raw.channel_count(), info.sfreq, info.source_id,
        stream.hostname, simulated, replayed,
    )  # fmt: skip
