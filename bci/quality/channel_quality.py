"""Quality of one channel in one second."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from bci.messages.quality_reasons import Reason


class State(IntEnum):
    """State of a channel; `NOT_JUDGED` if its unit or kind is unknown."""

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
    """Quality of one channel in one second."""

    name: str
    state: State  # After hysteresis, so that it does not change every second
    text: str  # The reason as text, with its figure; empty if the channel is good
    rms: float  # Rms above 0.5 Hz, in the channel's unit
    line_share: float  # Share of the power at the line frequency, 0 to 1
    high: float  # Rms above 35 Hz without line noise, in the channel's unit; mostly muscle
    drift: float  # Change of the slow mean, in the channel's unit per second
    kurtosis: float  # Excess kurtosis; 0 for Gaussian noise, large for jumps and blinks
    # Largest magnitude of the correlations with neighbours; NaN if positions are unknown
    correlation: float
    impedance_kohm: float  # NaN if it is not measured
    reason: Reason | None = None  # Reason why it is not good, or not judged; None if it is good
