"""Quality of one channel in one second."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from bci.messages.quality_reasons import Reason


class State(IntEnum):
    """State of a channel; not judged where the unit or the kind is unknown."""

    GOOD = 0
    DOUBTFUL = 1
    BAD = 2
    NOT_JUDGED = -1

    @property
    def word(self) -> Literal["good", "doubtful", "bad", "not judged"]:
        """The state in words."""
        return _WORDS[self]


_WORDS: dict[State, Literal["good", "doubtful", "bad", "not judged"]] = {
    State.GOOD: "good", State.DOUBTFUL: "doubtful", State.BAD: "bad",
    State.NOT_JUDGED: "not judged",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """One channel, this second."""

    name: str
    state: State  # Settled: it does not flicker
    text: str  # The reason for people, with its figure; empty where the channel is good
    rms: float  # Of what is faster than half a hertz, in the channel's unit
    line_share: float  # Share of the power that lies at the line frequency, 0 to 1
    high: float  # Rms above 35 Hz without the line, in the channel's unit; muscle, mostly
    drift: float  # Of the slow mean, in the channel's unit a second
    kurtosis: float  # Excess; 0 for Gaussian noise, large for jumps and blinks
    correlation: float  # Largest magnitude with a neighbour; NaN where positions are unknown
    impedance_kohm: float  # NaN where it is not measured
    reason: Reason | None = None  # Reason why it is not good, or not judged; None where it is good
