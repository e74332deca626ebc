"""Cues from a trigger channel of the decoded stream, in place of a stream of markers."""

from collections import deque

from bci.profiles.stimulus import Triggers
from bci.recording.trigger_events import TriggerMarkers
from bci.signals import Chunk, Marker, StreamInfo


class TriggerCues:
    """Give the events of a trigger channel as markers, as `bci.lsl.cue_listener` gives others.

    `take` is to be given every chunk of the stream, with all its channels.

    Raises `MismatchError` if the stream lacks the channel.
    """

    connected = True

    def __init__(self, settings: Triggers, info: StreamInfo) -> None:
        self._found = TriggerMarkers(settings, info.channels, info.sfreq, info.name)
        self._waiting: deque[Marker] = deque()
        self.streams = (f"trigger channel {settings.channel} of {info.name}",)

    def take(self, chunk: Chunk) -> None:
        """Accept samples."""
        self._waiting.extend(self._found.push(chunk))

    def pull(self) -> list[Marker]:
        """Markers that came since the last call."""
        came = [*self._waiting]
        self._waiting.clear()
        return came

    def news(self) -> list[str]:
        """Nothing comes or goes: the channel is there as long as its stream."""
        return []

    def close(self) -> None:
        """Nothing is held open."""
