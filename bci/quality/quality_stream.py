"""Signal quality on LSL: one text per channel, and one for the stream."""

import json
from dataclasses import asdict

import numpy as np
import pylsl

from bci.lsl.inlet import InletStats
from bci.lsl.metadata import to_lsl
from bci.quality.channel_quality import ChannelQuality, State
from bci.signals import Channel, StreamInfo

STREAM_TYPE = "Quality"


class QualityOutlet:
    """Outlet ``<name>-quality``: one text per channel, and one for the whole stream.

    A channel's text is ``good``; or ``doubtful``, ``bad`` or ``not judged``, a colon and the
    reason. The last channel, called ``stream``, is JSON: rate, jitter, losses, clock offset and
    drift.
    """

    def __init__(self, info: StreamInfo) -> None:
        judged = [Channel(c.name, "quality", "text", c.position) for c in info.channels]
        channels = (*judged, Channel("stream", "stream", "json"))
        described = StreamInfo(
            f"{info.name}-quality", STREAM_TYPE, 0.0, channels, f"{info.source_id}-quality",
            info.simulated,
        )  # fmt: skip
        self._outlet = pylsl.StreamOutlet(to_lsl(described, "string"))

    def push(self, report: list[ChannelQuality], stats: InletStats, at: float) -> None:
        """Send one second's report; ``at`` is the end of the second on the LSL clock."""
        figures = {name: None if value != value else value for name, value in asdict(stats).items()}
        texts = [to_text(channel) for channel in report]
        self._outlet.push_sample([*texts, json.dumps(figures)], at)

    def close(self) -> None:
        del self._outlet


def to_text(quality: ChannelQuality) -> str:
    """Describe a channel: ``good``, or the state, a colon and the reason."""
    state = quality.state.word
    return f"{state}: {quality.text}" if quality.state != State.GOOD else state


def n_in_state(report: list[ChannelQuality]) -> dict[State, int]:
    """Count the channels in each state."""
    states = np.array([channel.state for channel in report])
    return {state: int(np.count_nonzero(states == state)) for state in State}
