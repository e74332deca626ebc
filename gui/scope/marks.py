"""Marks of the shown channels: their quality, and those that the user set aside."""

from collections.abc import Sequence

from bci.pipeline.display.signal import DisplaySignal
from bci.quality.channel_quality import ChannelQuality


class ChannelMarks:
    """Judges a shown channel by the electrodes that it is made of.

    ``signal`` is that of the scope. Quality and marks are of the stream's channels, where the
    reference may have made others.
    """

    def __init__(self) -> None:
        self.signal: DisplaySignal | None = None
        self._quality: dict[str, ChannelQuality] = {}

    def set_quality(self, channels: Sequence[ChannelQuality]) -> None:
        """Take the quality of each channel of the stream; empty while nothing is known."""
        self._quality = {channel.name: channel for channel in channels}

    @property
    def quality(self) -> dict[str, ChannelQuality]:
        """Quality of each shown channel: that of its worst electrode."""
        shown = {}
        for name, members in self._members.items():
            known = [self._quality[each] for each in members if each in self._quality]
            if known:
                shown[name] = max(known, key=lambda quality: quality.state)
        return shown

    def marked(self, bad: frozenset[str]) -> frozenset[str]:
        """Shown channels that are among these, or an electrode of them."""
        members = self._members.items()
        return frozenset(name for name, of in members if not bad.isdisjoint({name, *of}))

    def toggled(self, bad: frozenset[str], name: str) -> frozenset[str]:
        """Mark a shown channel, or unmark it with its electrodes."""
        of = {name, *self._members.get(name, ())}
        return bad | {name} if bad.isdisjoint(of) else bad - of

    @property
    def _members(self) -> dict[str, tuple[str, ...]]:
        if self.signal is None:
            return {}
        return dict(zip(self.signal.info.ch_names, self.signal.members, strict=True))
