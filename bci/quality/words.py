"""Sentences about the quality of channels, and advice."""

from datetime import datetime

from bci.messages.quality_reasons import Reason
from bci.quality.channel_quality import ChannelQuality, State


def explain(channel: ChannelQuality) -> str:
    """Describe a channel's state and its reason: ``C3 is bad: railed``."""
    why = f": {channel.text}" if channel.text else ""
    return f"{channel.name} is {channel.state.word}{why}"


_ADVICE = {
    Reason.NO_VALUES: "is its contact on, and the amplifier's channel switched on?",
    Reason.RAILED: "press it on, or add gel; is its cable in?",
    Reason.FLAT: "is its cable in, and the amplifier's channel switched on?",
    Reason.CLIPPED: "set the amplifier's gain lower",
    Reason.LINE_NOISE: "away from mains cables; is the ground electrode on?",
    Reason.DRIFTING: "wait until it settles; add gel",
    Reason.JUMPS: "keep still; does something pull at its cable?",
    Reason.MUSCLE: "relax jaw, forehead and neck",
    Reason.VERY_LARGE: "keep still; press it on",
    Reason.IMPEDANCE: "part the hair, add gel",
    Reason.UNLIKE_NEIGHBOURS: "is it in its place, and joined to no other by gel?",
}


def advise(channel: ChannelQuality) -> str:
    """Return advice on a channel's problem; empty if there is none."""
    return _ADVICE.get(channel.reason, "") if channel.reason is not None else ""


def summarise(channels: list[ChannelQuality]) -> str:
    """Summarise the states: ``2 bad, 1 doubtful, 13 good``; ``all 16 channels good``."""
    counts = [(state, sum(c.state == state for c in channels)) for state in reversed(State)]
    if len(channels) == 1:
        return f"1 channel, {channels[0].state.word}"
    if counts[-1][1] == len(channels):
        return f"all {len(channels)} channels good"
    return ", ".join(f"{count} {state.word}" for state, count in counts if count)


def no_samples_since(since: float) -> str:
    """Describe a silent stream: ``no samples since 14:03:12``.

    ``since`` is the time of its last sample, in seconds after 1970.
    """
    return f"no samples since {datetime.fromtimestamp(since):%H:%M:%S}"


def worst_first(channels: list[ChannelQuality]) -> list[ChannelQuality]:
    """List the doubtful and bad channels, bad ones first."""
    return sorted((c for c in channels if c.state > State.GOOD), key=lambda c: -c.state)
