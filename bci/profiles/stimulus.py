"""Settings of the stimulus offset and of trigger channels in a profile."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from bci.profiles.pipeline_settings import Settings

_LARGEST_CODE = (1 << 24) - 1

LARGEST_OFFSET_S = 2.0
"""Largest offset in seconds, more than that of any screen or loudspeaker."""

# Largest difference between two measurements of one set-up, in seconds.
_SAME_S = 0.001


class Stimulus(Settings):
    """Measured delay from a marker to its stimulus; `bci timing` measures it.

    ``offset_s`` is the median delay in seconds, which is added to the time of every cue.
    ``spread_s`` is the standard deviation of single delays in seconds. ``measured`` is the date of
    the measurement, ``screen`` the monitor or loudspeaker.
    """

    offset_s: float = Field(ge=-LARGEST_OFFSET_S, le=LARGEST_OFFSET_S)
    spread_s: float | None = Field(default=None, ge=0, le=LARGEST_OFFSET_S)
    measured: date | None = None
    screen: str = Field(default="", max_length=200)

    def agrees_with(self, other: "Stimulus") -> bool:
        """Return True if two offsets agree within 1 ms, as measurements of one set-up do."""
        return abs(self.offset_s - other.offset_s) <= _SAME_S

    def __str__(self) -> str:
        spread = "" if self.spread_s is None else f" (sd {1000 * self.spread_s:.1f} ms)"
        screen = f" on {self.screen}" if self.screen else ""
        return f"{1000 * self.offset_s:.1f} ms{spread}{screen}"


class Triggers(Settings):
    """Cues from a channel of the signal whose samples are codes.

    ``channel`` is the name of the channel. Only the bits of ``mask`` count in a code. With
    ``threshold``, a value of at least that is code 1 and any other is code 0, as for a TTL line in
    volts. An event is a change to another code than 0 (``edge: rising``), or from such a code to 0
    (``edge: falling``), that lasts for ``debounce_s`` seconds. Its time is that of the first sample
    with the new code. Its label is the code in digits. ``codes`` are the first and the last code
    that count; None counts all.
    """

    channel: str = Field(min_length=1, max_length=200)
    mask: int | None = Field(default=None, ge=1, le=_LARGEST_CODE)
    threshold: float | None = Field(default=None, allow_inf_nan=False)
    codes: tuple[int, int] | None = None
    debounce_s: float = Field(default=0.0, ge=0, le=1)
    edge: Literal["rising", "falling"] = "rising"

    @model_validator(mode="after")
    def _consistent(self) -> "Triggers":
        if self.mask is not None and self.threshold is not None:
            raise ValueError("give either mask or threshold")
        if self.codes is not None and not 1 <= self.codes[0] <= self.codes[1] <= _LARGEST_CODE:
            raise ValueError(
                f"codes is the first and the last code, from 1 to {_LARGEST_CODE}, not "
                f"{self.codes[0]}, {self.codes[1]}"
            )
        largest = 1 if self.threshold is not None else self.mask
        if self.codes is not None and largest is not None and self.codes[0] > largest:
            key = "mask" if self.threshold is None else "threshold"
            raise ValueError(f"with {key} no code is above {largest}, and codes begins later")
        return self
