"""Luminance of flickering targets at each frame of a monitor.

A sine is sampled at the frames: Manyakov, Chumerin, Robben, Combaz, van Vliet and Van Hulle,
Biomed. Signal Process. Control 8 (2013) 1-10; Chen, Wang, Nakanishi, Gao, Jung and Gao, PNAS 112
(2015) E6058-E6067 (joint frequency and phase).
"""

from math import ceil, floor, pi
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.profiles.flicker import Brightness, Codes, Flicker, FlickerTarget
from bci.stimulus.flicker_codes import code_bits

# Relative tolerance of a measured refresh rate; 59.94 Hz is treated as 60 Hz.
_TOLERANCE = 0.005


class Flickering(Protocol):
    """Targets whose luminance follows the frame.

    ``classes`` are the targets' names in the order of the profile. ``cycle`` is the number of
    frames after which the whole stimulus repeats, with a new marker; None if it never repeats.
    """

    classes: tuple[str, ...]
    cycle: int | None

    def at(self, frame: int) -> NDArray[np.float64]:
        """Luminance of each target, 0 to 1, at a frame counted from the onset; (n_targets,)."""


class SampledFlicker:
    """Targets that each have a frequency and a phase."""

    cycle: int | None = None

    def __init__(self, flicker: Flicker, refresh_hz: float) -> None:
        check_refresh(flicker, refresh_hz)
        self.classes = tuple(flicker.targets)
        shown = flicker.targets.values()
        self._step = np.array([target.frequency_hz / refresh_hz for target in shown])
        self._phase = np.array([target.phase_pi / 2 for target in shown])  # in periods
        self._is_square = flicker.waveform == "square"
        if self._is_square:  # a whole number of frames per period, so that no rounding error grows
            self._step = 1.0 / np.round(1.0 / self._step)
        self._luminance = flicker.luminance

    def at(self, frame: int) -> NDArray[np.float64]:
        """Luminance of each target, 0 to 1, at a frame counted from the onset; (n_targets,)."""
        place = frame * self._step + self._phase
        if self._is_square:
            # The first half of each period is bright; rounding keeps its edge on a frame.
            wave = (np.round(place % 1.0, 9) % 1.0 < 0.5).astype(np.float64)
        else:
            wave = 0.5 * (1.0 + np.sin(2 * pi * place))
        return _scaled(wave, self._luminance)


class CodedFlicker:
    """Targets that each have a code, whose bits last a whole number of frames."""

    def __init__(self, codes: Codes, refresh_hz: float) -> None:
        self._frames_a_bit = _frames_a_bit(codes, refresh_hz)
        self.classes = codes.targets
        self._bits = code_bits(codes)
        self.cycle: int | None = self._frames_a_bit * codes.n_bits
        self._luminance = codes.luminance

    def at(self, frame: int) -> NDArray[np.float64]:
        """Luminance of each target, 0 to 1, at a frame counted from the onset; (n_targets,)."""
        bit = (frame // self._frames_a_bit) % self._bits.shape[1]
        return _scaled(self._bits[:, bit].astype(np.float64), self._luminance)


def flickering(flicker: Flicker | None, codes: Codes | None, refresh_hz: float) -> Flickering:
    """Make the stimulus of a paradigm for a monitor; ``refresh_hz`` is its refresh rate.

    Raises
    ------
    ProfileError
        If the monitor cannot show a frequency or the code's rate, or nothing flickers.
    """
    if flicker is not None:
        return SampledFlicker(flicker, refresh_hz)
    if codes is not None:
        return CodedFlicker(codes, refresh_hz)
    raise ProfileError("nothing flickers: give paradigm.flicker or paradigm.codes in the profile")


def check_refresh(flicker: Flicker, refresh_hz: float) -> None:
    """Check that a monitor with ``refresh_hz`` can show all frequencies.

    Raises
    ------
    ProfileError
        If it cannot show one; the message names the target and possible frequencies.
    """
    for name, target in flicker.targets.items():
        hz = target.frequency_hz
        if hz >= refresh_hz / 2:
            raise ProfileError(
                f"paradigm.flicker: target {name} flickers at {hz:g} Hz, and a monitor of "
                f"{refresh_hz:g} Hz shows less than {refresh_hz / 2:g} Hz; choose a lower frequency"
            )
        if flicker.waveform == "square" and not _is_whole(refresh_hz / hz):
            frames = refresh_hz / hz
            near = f"{refresh_hz / ceil(frames):.4g} or {refresh_hz / floor(frames):.4g} Hz"
            raise ProfileError(
                f"paradigm.flicker: target {name} flickers at {hz:g} Hz, which is no whole number "
                f"of frames at {refresh_hz:g} Hz; take {near}, or waveform: sine"
            )


def square_frequencies(
    refresh_hz: float, lowest_hz: float = 6.0, highest_hz: float = 40.0
) -> list[float]:
    """List the frequencies, in hertz, whose period is a whole number of frames, ascending."""
    periods = range(3, int(refresh_hz / lowest_hz) + 1)
    return sorted(refresh_hz / n for n in periods if lowest_hz <= refresh_hz / n <= highest_hz)


def joint_frequency_phase(
    names: tuple[str, ...],
    lowest_hz: float = 8.0,
    step_hz: float = 0.2,
    phase_step_pi: float = 0.35,
) -> dict[str, FlickerTarget]:
    """Assign evenly spaced frequencies and phases to the targets ``names`` (Chen et al. 2015).

    Phases are in units of pi radians.
    """
    return {
        name: FlickerTarget(
            frequency_hz=round(lowest_hz + k * step_hz, 6),
            phase_pi=round(k * phase_step_pi % 2, 6) % 2,
        )
        for k, name in enumerate(names)
    }


def _frames_a_bit(codes: Codes, refresh_hz: float) -> int:
    frames = refresh_hz / codes.rate_hz
    if not _is_whole(frames):
        raise ProfileError(
            f"paradigm.codes: a bit of 1/{codes.rate_hz:g} s is no whole number of frames at "
            f"{refresh_hz:g} Hz; set rate_hz to {refresh_hz:g} or a whole fraction of it"
        )
    return round(frames)


def _is_whole(frames: float) -> bool:
    return round(frames) >= 1 and abs(frames / round(frames) - 1) <= _TOLERANCE


def _scaled(wave: NDArray[np.float64], luminance: Brightness) -> NDArray[np.float64]:
    return luminance.darkest + (luminance.brightest - luminance.darkest) * wave
