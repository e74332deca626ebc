"""Read cues from a trigger channel of the decoded stream."""

from collections import deque

from bci.profiles.stimulus import Triggers
from bci.recording.trigger_events import TriggerMarkers
from bci.signals import Chunk, Marker, StreamInfo


class TriggerCues:
    """Convert the events of a trigger channel to markers.

    Markers of streams are received by `bci.lsl.cue_listener`.

    `take` must be called with every chunk of the stream, with all its channels.

    Raises `MismatchError` if the stream lacks the channel.
    """

    connected = True

    def __init__(self, settings: Triggers, info: StreamInfo) -> None:
        self._found = TriggerMarkers(settings, info.channels, info.sfreq, info.name)
        self._waiting: deque[Marker] = deque()
        self.streams = (f"trigger channel {settings.channel} of {info.name}",)

    def take(self, chunk: Chunk) -> None:
        """Find the trigger events in a chunk and keep their markers for `pull`."""
        self._waiting.extend(self._found.push(chunk))

    def pull(self) -> list[Marker]:
        """Return the markers found since the last call."""
        came = [*self._waiting]
        self._waiting.clear()
        return came

    def news(self) -> list[str]:
        """Return no messages: the channel cannot be lost without its stream."""
        return []

    def close(self) -> None:
        """Do nothing: no stream is open."""
