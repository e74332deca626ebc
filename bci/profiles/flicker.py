"""Flickering targets in a profile: a frequency or a code per target.

Frequencies are for SSVEP, codes for c-VEP.
"""

from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bci.profiles.pipeline_settings import Label, Settings

MARKER = "flicker"
"""Marker of a stimulus onset; with ``/CLASS`` after it in calibration and copy mode."""

Waveform = Literal["sine", "square"]
CodeKind = Literal["m-sequence", "gold"]


class Brightness(Settings):
    """Lowest and highest luminance of a target, from 0 (black) to 1 (white)."""

    darkest: float = Field(default=0.0, ge=0, le=1)
    brightest: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> "Brightness":
        if self.darkest >= self.brightest:
            raise ValueError(
                f"darkest ({self.darkest:g}) must be below brightest ({self.brightest:g})"
            )
        return self


class FlickerTarget(Settings):
    """Frequency of one target in hertz, and its phase at the onset in units of pi."""

    frequency_hz: float = Field(gt=0, le=100)
    phase_pi: float = Field(0.0, ge=0, lt=2)


class Flicker(Settings):
    """Targets that each flicker at their own frequency; at most 100.

    ``waveform: sine`` samples a sine at each frame, for any frequency below half the monitor's
    refresh rate. ``square`` needs a whole number of frames per period. ``lowest_hz`` and
    ``highest_hz`` limit the frequencies.
    """

    targets: dict[Label, FlickerTarget] = Field(min_length=2, max_length=100)
    waveform: Waveform = "sine"
    luminance: Brightness = Brightness()
    lowest_hz: float = Field(6.0, gt=0, le=100)
    highest_hz: float = Field(40.0, gt=0, le=100)

    @model_validator(mode="after")
    def _within_bounds(self) -> "Flicker":
        seen: dict[FlickerTarget, str] = {}
        for name, target in self.targets.items():
            hz = target.frequency_hz
            if not self.lowest_hz <= hz <= self.highest_hz:
                raise ValueError(
                    f"target {name} flickers at {hz:g} Hz, outside lowest_hz ({self.lowest_hz:g}) "
                    f"to highest_hz ({self.highest_hz:g}); choose another frequency or bound"
                )
            if target in seen:
                raise ValueError(
                    f"targets {seen[target]} and {name} have the same frequency and phase; give "
                    "one of them another"
                )
            seen[target] = name
        return self


class Codes(Settings):
    """Targets that each flicker by their own pseudo-random code (c-VEP).

    With kind ``m-sequence``, all targets have the same sequence, shifted by ``shift_bits`` from one
    target to the next; the default is the largest possible shift. With ``gold``, each target has
    its own sequence. A sequence has ``2 ** register_bits - 1`` bits of ``1 / rate_hz`` seconds.
    """

    targets: tuple[Label, ...] = Field(min_length=2, max_length=100)
    kind: CodeKind = "m-sequence"
    register_bits: int = Field(6, ge=5, le=7)
    shift_bits: int | None = Field(None, ge=1, le=127)
    rate_hz: float = Field(60.0, gt=0, le=240)
    luminance: Brightness = Brightness()

    @property
    def n_bits(self) -> int:
        """Length of a cycle in bits."""
        return int(2**self.register_bits - 1)

    @property
    def cycle_s(self) -> float:
        """Length of a cycle in seconds."""
        return self.n_bits / self.rate_hz

    @property
    def shift(self) -> int:
        """Shift of an m-sequence between neighbouring targets, in bits."""
        return self.shift_bits or max(1, self.n_bits // len(self.targets))

    @property
    def n_codes(self) -> int:
        """Number of different codes."""
        return self.n_bits // self.shift if self.kind == "m-sequence" else self.n_bits

    @model_validator(mode="after")
    def _enough(self) -> "Codes":
        if len(set(self.targets)) < len(self.targets):
            raise ValueError("codes.targets names a target twice")
        if len(self.targets) > self.n_codes:
            raise ValueError(
                f"{len(self.targets)} targets are more than the {self.n_codes} codes of kind "
                f"{self.kind} with {self.n_bits} bits; use fewer targets, or more register_bits"
            )
        return self


@dataclass(frozen=True)
class Stimuli:
    """Stimuli for a decoder, one per class in alphabetical order.

    ``frequencies`` in hertz and ``phases`` in radians have shape (n_classes,); they are empty if
    the classes have ``codes``. ``high_hz`` is the upper corner of the pipeline's band-pass,
    infinite without one.
    """

    classes: tuple[str, ...]
    frequencies: NDArray[np.float64]
    phases: NDArray[np.float64]
    high_hz: float = float("inf")
    codes: Codes | None = None


def stimuli_of(flicker: Flicker | None, codes: Codes | None, high_hz: float) -> Stimuli | None:
    """Return the stimuli of a paradigm's classes; None without flickering targets."""
    if flicker is not None:
        classes = tuple(sorted(flicker.targets))
        shown = [flicker.targets[name] for name in classes]
        return Stimuli(
            classes,
            np.array([target.frequency_hz for target in shown]),
            np.array([pi * target.phase_pi for target in shown]),
            high_hz,
        )
    if codes is not None:
        none = np.empty(0)
        return Stimuli(tuple(sorted(codes.targets)), none, none, high_hz, codes)
    return None
