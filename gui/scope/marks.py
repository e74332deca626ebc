"""Marks of the shown channels: their quality, and the user's marks as bad."""

from collections.abc import Sequence

from bci.pipeline.display.signal import DisplaySignal
from bci.quality.channel_quality import ChannelQuality


class ChannelMarks:
    """Quality and marks of the shown channels, from those of their electrodes.

    ``signal`` is the scope's. Its reference may derive shown channels from several channels of the
    stream, to which quality and marks belong.
    """

    def __init__(self) -> None:
        self.signal: DisplaySignal | None = None
        self._quality: dict[str, ChannelQuality] = {}

    def set_quality(self, channels: Sequence[ChannelQuality]) -> None:
        """Set the quality of the stream's channels; empty while it is unknown."""
        self._quality = {channel.name: channel for channel in channels}

    @property
    def quality(self) -> dict[str, ChannelQuality]:
        """The quality of each shown channel by name: that of its worst electrode."""
        shown = {}
        for name, members in self._members.items():
            known = [self._quality[each] for each in members if each in self._quality]
            if known:
                shown[name] = max(known, key=lambda quality: quality.state)
        return shown

    def marked(self, bad: frozenset[str]) -> frozenset[str]:
        """Return the shown channels that are in ``bad``, or have an electrode in it."""
        members = self._members.items()
        return frozenset(name for name, of in members if not bad.isdisjoint({name, *of}))

    def toggled(self, bad: frozenset[str], name: str) -> frozenset[str]:
        """Return ``bad`` with the shown channel ``name`` marked or unmarked.

        To unmark a channel also unmarks its electrodes.
        """
        of = {name, *self._members.get(name, ())}
        return bad | {name} if bad.isdisjoint(of) else bad - of

    @property
    def _members(self) -> dict[str, tuple[str, ...]]:
        if self.signal is None:
            return {}
        return dict(zip(self.signal.info.ch_names, self.signal.members, strict=True))
