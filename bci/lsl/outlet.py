"""Send signals and markers over LSL."""

from collections.abc import Mapping

import pylsl

from bci.lsl.metadata import to_lsl
from bci.signals import Channel, Chunk, Marker, StreamInfo


class SignalOutlet:
    """Sender of a float32 signal stream with time stamps and full channel meta-data."""

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self._outlet = pylsl.StreamOutlet(to_lsl(info))

    @property
    def has_consumers(self) -> bool:
        return bool(self._outlet.have_consumers())

    def push(self, chunk: Chunk) -> None:
        """Send a chunk; every sample keeps its own time stamp."""
        self._outlet.push_chunk(chunk.data, chunk.timestamps)

    def close(self) -> None:
        _close(self)


class MarkerOutlet:
    """Sender of an irregular string stream of events."""

    def __init__(
        self,
        name: str,
        source_id: str,
        simulated: bool = False,
        stream_type: str = "Markers",  # Streams of other types are not used as cues
        described: Mapping[str, str] | None = None,  # Further entries of the stream's description
    ) -> None:
        channel = Channel("marker", "marker", "text")
        info = StreamInfo(name, stream_type, 0.0, (channel,), source_id, simulated)
        raw = to_lsl(info, "string")
        for key, value in (described or {}).items():
            raw.desc().append_child_value(key, value)
        self._outlet = pylsl.StreamOutlet(raw)

    @property
    def has_consumers(self) -> bool:
        return bool(self._outlet.have_consumers())

    def push(self, marker: Marker) -> None:
        self._outlet.push_sample([marker.label], marker.time)

    def close(self) -> None:
        _close(self)


def _close(owner: SignalOutlet | MarkerOutlet) -> None:
    # liblsl closes a stream when its outlet object is deleted.
    if hasattr(owner, "_outlet"):
        del owner._outlet
